/** A real server on a free port, and what tests say to it below the level of fetch. */
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { promisify } from 'node:util';

export type Listener = (request: IncomingMessage, response: ServerResponse) => void;

export class Site {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server) {
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  static async open(listener: Listener): Promise<Site> {
    const server = createServer(listener as RequestListener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Site(server);
  }

  /** Never close a connection because it has been idle. */
  keepIdleConnections(): void {
    this.#server.keepAliveTimeout = 0;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url(path), init);
  }

  /** Send bytes as they are on a new connection. @returns all that came back until the server closed it */
  async raw(...pieces: (string | Buffer)[]): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined); // What came before counts.
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    const closed = new Promise((resolve) => socket.once('close', resolve)); // `once` would reject on an error.
    for (const piece of pieces) socket.write(piece);
    await closed;
    return Buffer.concat(chunks).toString('latin1');
  }

  /** Send the beginning of a request and hang up once `ready` says so. */
  async hangUp(beginning: string | Buffer, ready: () => Promise<void>): Promise<void> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(beginning);
    await ready();
    socket.destroy();
  }

  /** Begin a request, then send without an end, reading nothing but the answer. @returns the answer */
  async flood(beginning: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined); // In the end the server has enough.
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    const closed = new Promise((resolve) => socket.once('close', resolve)); // `once` would reject on an error.
    socket.write(beginning);
    const more = Buffer.alloc(65_536);
    const send = (): void => {
      while (socket.writable && socket.write(more));
    };
    socket.on('drain', send);
    send();
    await closed;
    return Buffer.concat(chunks).toString('latin1');
  }

  /** How many connections are open. */
  connections(): Promise<number> {
    return promisify(this.#server.getConnections.bind(this.#server))();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A part of a multipart form, byte for byte. */
export interface RawPart {
  /** Content-Disposition after `form-data; `. */
  disposition: string;
  type?: string;
  body?: string | Buffer;
}

export const BOUNDARY = 'limit-of-parts';
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

export function rawForm(parts: readonly RawPart[]): Buffer {
  const bytes = parts.flatMap(({ disposition, type, body = '' }) => [
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n`),
    Buffer.from(type === undefined ? '\r\n' : `Content-Type: ${type}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...bytes, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

/** Try again until it holds; for what happens some time after an answer, or after none. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await check();
    } catch (error) {
      if (tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
