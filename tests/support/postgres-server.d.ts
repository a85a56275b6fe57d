/** A server that can be stopped and started, and is to be disposed of. */
export interface PostgresServer {
  url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  dispose(): Promise<void>;
}

/** @param flags of the server, in place of those for tests */
export function startPostgres(flags?: readonly string[]): Promise<PostgresServer>;
