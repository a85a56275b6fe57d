/** What a command works with: settings, the configured mayfly, places, output, and a signal for Ctrl-C. All of it is opened when it is wanted. */
import { existsSync } from 'node:fs';
import { RemoteConnectionError } from '../errors/errors.js';
import type { StoreState } from '../expirations/sql/look.js';
import type { Mayfly } from '../mayfly.js';
import type { NamespaceFS } from '../namespaces/namespace-filesystem.js';
import type { ServerOptions, SettingsOverrides } from '../server/config.js';
import { loadSettings, strayVariables } from '../server/config.js';
import { urlSigning } from '../server/url-secrets.js';
import { EXIT } from './exit-codes.js';
import { UsageError } from './failure.js';
import { Output } from './output.js';
import type { OpenPlace } from './place.js';
import { openPlace } from './place.js';
import { describeState } from './store-state.js';

/** Options that every command has. */
export interface GlobalOptions {
  json?: boolean;
  config?: string;
}

export class Session {
  readonly output = new Output();
  /** What `run` returns when nothing is thrown. */
  exitCode: number = EXIT.done;
  readonly #interruption = new AbortController();
  readonly #places: OpenPlace[] = [];
  #overrides: SettingsOverrides = {};
  #mayfly: Promise<Mayfly> | null = null;
  #create = false;
  #signing = false;
  #strayTold = false;

  configure({ json, config }: GlobalOptions): void {
    this.output.json = json === true;
    if (config !== undefined) this.#overrides = { configDirectory: config };
  }

  get overrides(): SettingsOverrides {
    return this.#overrides;
  }

  get interrupted(): boolean {
    return this.#interruption.signal.aborted;
  }

  /** From now on Ctrl-C ends the work in order; a second one ends it at once. */
  interruptible(): AbortSignal {
    const interrupt = (): void => {
      if (this.interrupted) process.exit(EXIT.interrupted);
      this.#interruption.abort(new Error('interrupted'));
    };
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    return this.#interruption.signal;
  }

  settings(): Promise<ServerOptions> {
    return loadSettings(this.#overrides);
  }

  /**
   * @param create make the storage when it is missing
   * @param signing URLs are wanted that work for a while; else the secret, which not everybody can read, is left alone
   * @throws BadSettings; UsageError: there is no storage; RemoteConnectionError: there is none any more
   */
  mayfly({ create = false, signing = false } = {}): Promise<Mayfly> {
    this.#create ||= create;
    this.#signing ||= signing;
    this.#mayfly ??= this.#open();
    return this.#mayfly;
  }

  /**
   * What there is of the expiration store; nothing is made for it.
   * @throws BadSettings; OperationFailed or a subclass: it can't be reached
   */
  async storeState(): Promise<StoreState> {
    const { expirations } = await this.settings();
    const { lookAtPostgres, lookAtSqlite } = await import('../expirations/sql/look.js');
    return expirations.type === 'postgres'
      ? lookAtPostgres(expirations.connectionString)
      : lookAtSqlite(expirations.path);
  }

  /** Whether the expiration store belongs to a storage, so that there must have been one; false where it does not answer. */
  async isStoreBound(): Promise<boolean> {
    return (await this.storeState().catch(() => null)) === 'bound';
  }

  /** As `mayfly`, where nothing is made or bound for it. @throws UsageError that would be needed */
  async mayflyAsItIs(): Promise<Mayfly> {
    const state = await this.storeState();
    if (state === 'bound') return this.mayfly();
    const { says, advice } = describeState(state, await this.settings());
    throw new UsageError(`the expiration store ${says}. ${advice}`);
  }

  async place(text: string, { create = false, signing = false } = {}): Promise<OpenPlace> {
    const namespace = async (name: string): Promise<NamespaceFS> =>
      (await this.mayfly({ create, signing })).getFilesystem(name);
    const place = await openPlace(text, namespace, { create });
    this.#places.push(place);
    return place;
  }

  /** Variables that look like settings and are none; only the first who asks tells of them. */
  takeStrayVariables(): readonly string[] {
    if (this.#strayTold) return [];
    this.#strayTold = true;
    return strayVariables();
  }

  async close(): Promise<void> {
    for (const place of this.#places) await place.close().catch(() => {});
    await this.#mayfly?.then((mayfly) => mayfly.close()).catch(() => {});
  }

  async #open(): Promise<Mayfly> {
    const options = await this.settings();
    const { storage, host, port } = options;
    for (const name of this.takeStrayVariables())
      this.output.note(`mayfly: ${name} is not a setting: see config/README.md`);
    if (!this.#create && storage.type === 'osfs' && !existsSync(storage.directoryRoot)) {
      const said = `there is no storage at ${storage.directoryRoot}`;
      if (await this.isStoreBound()) {
        throw new RemoteConnectionError(undefined, {
          message: `${said}, though the expiration store belongs to it: was it unmounted or moved?`,
        });
      }
      throw new UsageError(
        `${said}: go to the directory in which the server runs, or set MAYFLY_DIRECTORY_ROOT`,
      );
    }
    const { openMayfly } = await import('../server/program.js');
    const mayfly = openMayfly(options, {
      urls: this.#signing || options.urls.required ? urlSigning(options.urls) : null,
      urlOrigin: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    });
    await mayfly.ready();
    return mayfly;
  }
}
