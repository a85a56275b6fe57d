/**
 * Stands between a filesystem and the S3 server: counts what is asked, and
 * fails on purpose what a test says.
 */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { server } from './s3.js';

/** What is done to a request instead of passing it on. */
export type Fault =
  /** The connection is cut before S3 hears of it. */
  | 'reset'
  /** S3 does it, and the connection is cut in place of the answer. */
  | 'reset-after'
  /** Nobody ever answers. */
  | 'silence'
  /** Half of the answer's body comes, then the connection is cut. */
  | 'truncate'
  /** The body comes bit by bit. */
  | 'slow'
  /** S3 itself refuses. */
  | { readonly status: number; readonly code: string };

export interface SeenRequest {
  /** As people call it: `HEAD`, `GET`, `PUT`, `DELETE`, `LIST`, `DELETE MANY`, `COPY`, `CREATE UPLOAD`, … */
  readonly call: string;
  readonly path: string;
}

export class S3Proxy {
  readonly seen: SeenRequest[] = [];
  /** Most requests that were under way at a time. */
  mostAtOnce = 0;
  #underWay = 0;
  /** Asked for every request, in order; null passes it on. */
  fault: (request: SeenRequest) => Fault | null = () => null;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;

  private constructor(listening: Server) {
    this.#server = listening;
    this.#port = (listening.address() as AddressInfo).port;
    listening.on('request', (request, response) => this.#answer(request, response));
  }

  static async open(): Promise<S3Proxy> {
    const listening = createServer().listen(0, '127.0.0.1');
    await once(listening, 'listening');
    return new S3Proxy(listening);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What was asked since the last time. */
  calls(): string[] {
    return this.seen.splice(0).map(({ call }) => call);
  }

  /** Nobody is at home until `start`. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async start(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    if (this.#server.listening) await this.stop();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const seen = describeRequest(request);
    this.seen.push(seen);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#underWay);
    response.once('close', () => this.#underWay--);
    const fault = this.fault(seen);
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (fault === 'silence') request.resume();
    else if (fault === 'reset') request.socket.destroy();
    else if (typeof fault === 'object' && fault !== null) refuse(request, response, fault);
    else this.#forward(request, response, fault);
  }

  #forward(request: IncomingMessage, response: ServerResponse, fault: Fault | null): void {
    const { hostname, port } = new URL(server().endpoint);
    const { method, url: path, headers } = request;
    // The host is signed, so it goes on as it came.
    const onward = httpRequest({ hostname, port, method, path, headers, agent: this.#agent }, (answer) => {
      if (fault === 'reset-after') {
        answer.resume();
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (fault === 'truncate') void truncate(answer, response);
      else if (fault === 'slow') void dribble(answer, response);
      else answer.pipe(response);
    });
    onward.on('error', () => request.socket.destroy());
    request.on('close', () => {
      if (!request.complete) onward.destroy();
    });
    request.pipe(onward);
  }
}

function describeRequest({ method = '', url = '', headers }: IncomingMessage): SeenRequest {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const path = decodeURIComponent(pathname);
  const call = (): string => {
    if (searchParams.has('list-type')) return 'LIST';
    if (searchParams.has('delete')) return 'DELETE MANY';
    if (searchParams.has('uploads')) return method === 'GET' ? 'LIST UPLOADS' : 'CREATE UPLOAD';
    if (searchParams.has('partNumber')) return headers['x-amz-copy-source'] ? 'COPY PART' : 'PUT PART';
    if (searchParams.has('uploadId')) return method === 'POST' ? 'COMPLETE UPLOAD' : 'ABORT UPLOAD';
    return headers['x-amz-copy-source'] === undefined ? method : 'COPY';
  };
  return { call: call(), path };
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  fault: { status: number; code: string },
): void {
  request.resume();
  const body = `<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>on purpose</Message></Error>`;
  response.writeHead(fault.status, { 'Content-Type': 'application/xml' }).end(body);
}

async function truncate(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  let left = Math.floor(Number(answer.headers['content-length'] ?? 0) / 2);
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    response.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  setImmediate(() => response.socket?.destroy());
}

async function dribble(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += 16_384) {
      response.write(chunk.subarray(at, at + 16_384));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  response.end();
}
