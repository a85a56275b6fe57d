import { readdir, readlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { expect, it } from '@jest/globals';
import { createMayfly, MemoryFS } from '../../src/index.js';
import { eventually, Site } from '../support/http.js';
import { describeServed } from '../support/http-mayfly.js';

const QUICK = { idleTimeout: 0.3 };
const PUT = 'PUT /files/ns/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n';

function trickle(site: Site, head: string, everyMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(site.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.write(head);
    const timer = setInterval(() => socket.write('x'), everyMs);
    socket.once('close', () => {
      clearInterval(timer);
      resolve(Buffer.concat(chunks).toString());
    });
  });
}

/** Send all but the end of a request, and the end when the answer has begun. */
function holdBack(site: Site, beginning: string, end: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(site.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.once('data', () => socket.write(end));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(Buffer.concat(chunks).toString()));
    socket.write(beginning);
  });
}

/** Files being staged on disk that this process has open; none where that can't be seen. */
async function openStaged(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.includes('/.mayfly/tmp/'));
}

const LONG = 300_000;
const FORM_HEAD = '--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n';
const FORM_END = 'x\r\n--b--\r\n';

function longBody(head: string, beginning: string, end: string): [string, string] {
  const rest = 'x'.repeat(LONG - beginning.length - end.length);
  return [`${head}Host: x\r\nContent-Length: ${LONG}\r\n\r\n${beginning}${rest}`, end];
}

describeServed('patience', (served) => {
  it.each([
    ['a PUT', longBody('PUT /files/ns/a HTTP/1.1\r\n', '', 'x')],
    ['a short PUT', ['PUT /files/ns/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello', 'world']],
    [
      'a PUT in chunks',
      [
        'PUT /files/ns/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
        '0\r\n\r\n',
      ],
    ],
    [
      'a form',
      longBody(
        'POST /files/ns HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n',
        FORM_HEAD,
        FORM_END,
      ),
    ],
  ])('gives up %s of which the end comes after the 408', async (_what, [beginning = '', end = '']) => {
    const site = await served().serve({ ...QUICK, quota: { maxBytes: LONG + 100 } });
    const answers = await Promise.all([1, 2].map(() => holdBack(site, beginning, end)));
    // Of two long ones there is room for the first alone.
    expect(answers.filter((answer) => / 408 /.test(answer)).length).toBeGreaterThan(0);
    await eventually(async () => {
      expect(await served().leftovers()).toEqual([]);
      expect(await openStaged()).toEqual([]);
      const { status } = await site.fetch('/files/ns/b', { method: 'PUT', body: 'x'.repeat(LONG) });
      expect(status).toBe(201);
    });
  });

  it.each([
    ['PUT', PUT],
    [
      'a PUT in chunks',
      'PUT /files/ns/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    ],
    ['a PUT that has begun', `${PUT}hello`],
    [
      'a form',
      'POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nhello',
    ],
  ])('ends with a client that falls silent in %s: 408, and nothing is left', async (_what, head) => {
    const site = await served().serve(QUICK);
    expect(await site.raw(head)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    await eventually(async () => expect(await served().leftovers()).toEqual([]));
  });

  it('ends with an upload that goes on for too long, however busily', async () => {
    const site = await served().serve({ idleTimeout: 60, uploadTimeout: 0.4 });
    expect(await trickle(site, PUT, 20)).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    await eventually(async () => expect(await served().leftovers()).toEqual([]));
  });

  it('ends with a client that does not read what it asked for', async () => {
    await served().ns.write('big', Buffer.alloc(32 * 1024 * 1024));
    const site = await served().serve(QUICK);
    const socket = connect(site.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.pause();
    socket.write('GET /files/ns/big HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    // It was closed from the other side: what is read now ends before the file does.
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.resume();
    await closed;
    expect(bytes).toBeLessThan(32 * 1024 * 1024);
  });

  it('does not end while it is the server that is silent', async () => {
    const site = await served().serve({
      ...QUICK,
      authorize: () => new Promise((resolve) => setTimeout(() => resolve(true), 1000)),
    });
    const answer = await site.fetch('/files/ns/a', { method: 'PUT', body: 'x'.repeat(1000) });
    expect(answer.status).toBe(201);
    const got = await site.fetch('/files/ns/a');
    expect((await got.text()).length).toBe(1000);
  });
});

/** Does not tell what it holds before it is let. */
class Slow extends MemoryFS {
  readonly asked: Promise<void>;
  #tellAsked = (): void => undefined;
  letTell = (): void => undefined;
  readonly #may: Promise<void>;

  constructor() {
    super();
    this.asked = new Promise((resolve) => {
      this.#tellAsked = resolve;
    });
    this.#may = new Promise((resolve) => {
      this.letTell = resolve;
    });
  }

  override async *scanTree(...args: Parameters<MemoryFS['scanTree']>): ReturnType<MemoryFS['scanTree']> {
    this.#tellAsked();
    await this.#may;
    yield* super.scanTree(...args);
  }
}

it.each(['PUT', 'POST'])(
  'nothing is stored of a %s that was cut off before its body was asked for',
  async (method) => {
    const filesystem = new Slow();
    const mayfly = createMayfly({ storage: { filesystem, urlRoot: '/files' }, purge: false });
    const fs = mayfly.getFilesystem('ns');
    await fs.write('a', 'as it was');
    const handler = mayfly.handler({
      ...QUICK,
      allow: ['upload', 'replace'],
      onConflict: 'replace',
      quota: { maxBytes: 2 * LONG },
    });
    let settled: Promise<unknown> = Promise.resolve();
    const site = await Site.open((request, response) => {
      settled = new Promise((resolve) => response.once('close', resolve));
      handler(request, response);
    });
    const form = `${FORM_HEAD.replace('filename="f"', 'filename="a"')}${FORM_END}`;
    const [head, body] =
      method === 'PUT'
        ? ['PUT /files/ns/a HTTP/1.1\r\n', 'x'.repeat(LONG)]
        : ['POST /files/ns HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n', form];
    const answer = await holdBack(site, `${head}Host: x\r\nContent-Length: ${body.length}\r\n\r\n`, body);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    await filesystem.asked;
    filesystem.letTell();
    await settled;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await fs.readText('a')).toBe('as it was');
    await site.close();
    await mayfly.close();
  },
);
