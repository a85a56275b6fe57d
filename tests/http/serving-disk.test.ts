/** What is served from a directory in which others work at the same time. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mayfly, MayflyOptions, NamespaceFS } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import { eventually, Site } from '../support/http.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Longer than a change counts as fresh, so that what is asked for now is kept in memory. */
const SETTLED_MS = 120;

let top: string;
let root: string;
let mayfly: Mayfly;
let files: NamespaceFS;
let site: Site;
let agent: Agent;
let options: MayflyOptions;
let removeTop: () => Promise<void>;

beforeEach(async () => {
  ({ path: top, remove: removeTop } = await temporaryDirectory());
  root = join(top, 'files');
  options = {
    storage: { type: 'osfs', directoryRoot: root, urlRoot: '/files', durable: false },
    expirations: { type: 'sqlite', path: join(top, 'expirations.db') },
    purge: false,
  };
  mayfly = createMayfly(options);
  files = mayfly.getFilesystem('ns');
  site = await Site.open(mayfly.handler());
  // A connection closed for being idle, just as the next request takes it, is nothing to test here.
  site.keepIdleConnections();
  agent = new Agent({ keepAlive: true });
});

afterEach(async () => {
  agent.destroy();
  await site.close();
  await mayfly.close();
  expect(await openBelow(root)).toEqual([]);
  await removeTop();
});

function get(path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    httpRequest({ port: site.port, host: '127.0.0.1', path: `/files/${path}`, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('latin1') }),
      );
    })
      .once('error', reject)
      .end();
  });
}

/** Ask until the answer can come from memory. */
async function warm(path: string): Promise<void> {
  await sleep(SETTLED_MS);
  for (let i = 0; i < 2; i++) expect((await get(path)).status).toBe(200);
}

interface Change {
  how: string;
  path: string;
  content?: string;
  outside?: string;
}

/** Another process that changes files; see `file-changer.js`. */
class Changer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const script = new URL('../support/file-changer.js', import.meta.url).pathname;
    this.#child = spawn(process.execPath, [script]);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async change(change: Change): Promise<void> {
    this.#child.stdin.write(`${JSON.stringify(change)}\n`);
    const { done } = await this.#lines.next();
    if (done === true) throw new Error(`${change.how} has failed`);
  }

  async end(): Promise<void> {
    this.#child.stdin.end();
    await once(this.#child, 'exit');
  }
}

describe('a change by another process', () => {
  it('is right at the next request, 10,000 times in a row', async () => {
    const COUNT = 1000;
    const ROUNDS = 10;
    const hows = ['inPlace', 'replace', 'replaceAlike', 'truncate', 'remove', 'linkOut', 'moveOut'];
    const changer = new Changer();
    await mkdir(join(root, 'ns'), { recursive: true });
    await mayfly.ready();
    const wrong: unknown[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const contents = Array.from({ length: COUNT }, (_, i) => `round ${round} of file ${i}`);
      const pathOf = (i: number): string => join(root, `ns/f${i}`);
      for (let i = 0; i < COUNT; i++) {
        await rm(pathOf(i), { force: true });
        await writeFile(pathOf(i), contents[i] ?? '');
      }
      await sleep(SETTLED_MS);
      await Promise.all(Array.from({ length: COUNT }, (_, i) => get(`ns/f${i}`)));
      for (let i = 0; i < COUNT; i++) {
        const how = hows[(i + round) % hows.length] as string;
        const content = how === 'truncate' ? '' : (contents[i] ?? '').replace('round', 'ROUND');
        await changer.change({ how, path: pathOf(i), content, outside: join(top, `out${i}`) });
        const answer = await get(`ns/f${i}`);
        const gone = ['remove', 'linkOut', 'moveOut'].includes(how);
        const right = gone ? answer.status === 404 : answer.status === 200 && answer.body === content;
        if (!right) wrong.push({ how, round, i, ...answer });
      }
    }
    await changer.end();
    expect(wrong).toEqual([]);
  }, 300_000);

  it('is right while the same file changes all the time', async () => {
    const changer = new Changer();
    await files.write('f', 'nothing');
    for (let i = 0; i < 2000; i++) {
      const content = `version ${i}`.padEnd(20);
      await changer.change({
        how: i % 2 === 0 ? 'inPlace' : 'replaceAlike',
        path: join(root, 'ns/f'),
        content,
      });
      expect((await get('ns/f')).body).toBe(content);
    }
    await changer.end();
  }, 120_000);

  it('of a deadline is seen at the next request', async () => {
    await files.write('f', 'x');
    await warm('ns/f');
    const other = createMayfly(options);
    const theirs = other.getFilesystem('ns');
    for (let i = 0; i < 100; i++) {
      await theirs.expire('f', 0);
      expect((await get('ns/f')).status).toBe(410);
      await theirs.expire('f', 1000);
      expect((await get('ns/f')).status).toBe(200);
      await theirs.expire('f', 0, 0, false);
      expect((await get('ns/f')).status).toBe(200);
    }
    await other.close();
  });
});

describe('what is in memory leads out of a namespace as little as what is on disk', () => {
  const outside = (): string => join(top, 'outside');

  it.each([
    ['a directory', 'ns/a', 'ns/a/b/f'],
    ['the directory of the file', 'ns/a/b', 'ns/a/b/f'],
    ['the namespace', 'ns', 'ns/a/b/f'],
  ])('when %s is moved out and a link put in its place', async (_what, moved, path) => {
    await files.write('a/b/f', 'x');
    await warm(path);
    await rename(join(root, moved), outside());
    await symlink(outside(), join(root, moved));
    expect((await get(path)).status).toBe(404);
    await rm(join(root, moved));
    await rename(outside(), join(root, moved));
    expect(await get(path)).toEqual({ status: 200, body: 'x' });
  });

  it('when the namespace becomes a link to another', async () => {
    await files.write('f', 'x');
    await warm('ns/f');
    await rename(join(root, 'ns'), join(root, 'other'));
    await symlink('other', join(root, 'ns'));
    expect((await get('ns/f')).status).toBe(404);
    expect((await get('other/f')).status).toBe(200);
  });

  it('and a link that leads inside shows what is there now', async () => {
    await files.write('one', '1');
    await files.write('two', '2');
    await symlink('one', join(root, 'ns/link'));
    await warm('ns/link');
    await rm(join(root, 'ns/link'));
    await symlink('two', join(root, 'ns/link'));
    expect((await get('ns/link')).body).toBe('2');
  });

  it('and a storage that goes away is missed', async () => {
    await files.write('f', 'x');
    await warm('ns/f');
    await rename(root, `${root}-away`);
    expect((await get('ns/f')).status).toBe(503);
    await rename(`${root}-away`, root);
    expect((await get('ns/f')).status).toBe(200);
  });
});

describe('a download', () => {
  it('that is given up, 10,000 times at any point, leaves no file open', async () => {
    const SIZE = 2_000_000;
    await files.write('large.bin', Buffer.alloc(SIZE, 'x'));
    await files.write('small.bin', Buffer.alloc(20_000, 'x'));
    const giveUp = (i: number): Promise<void> =>
      new Promise((resolve) => {
        const name = i % 4 === 0 ? 'small.bin' : 'large.bin';
        const range = i % 3 === 0 ? 'Range: bytes=100-,0-50\r\n' : '';
        let left = Math.floor(Math.random() * SIZE * (i % 5 === 0 ? 0 : 1));
        const socket = connect(site.port, '127.0.0.1');
        socket.write(`GET /files/ns/${name} HTTP/1.1\r\nHost: x\r\n${range}\r\n`, () => {
          if (left === 0) socket.destroy();
        });
        socket.on('data', ({ length }) => {
          left -= length;
          if (left <= 0 || name === 'small.bin') socket.destroy();
        });
        socket.on('error', () => undefined);
        socket.once('close', () => resolve());
      });
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < 10_000) await giveUp(next++);
    };
    await Promise.all(Array.from({ length: 40 }, client));
    await eventually(async () => expect(await openBelow(root)).toEqual([]));
  }, 300_000);

  it('is of one version, while the file is replaced 1,000 times', async () => {
    const SIZE = 800_000; // More than is kept in memory.
    const versions = ['a', 'b', 'c'].map((letter) => Buffer.alloc(SIZE, letter));
    await files.write('f', versions[0] as Buffer);
    let replaced = 0;
    let downloads = 0;
    const replace = async (): Promise<void> => {
      for (; replaced < 1000; replaced++) await files.write('f', versions[replaced % 3] as Buffer);
    };
    const download = async (): Promise<void> => {
      while (replaced < 1000) {
        const response = await site.fetch('/files/ns/f');
        const body = Buffer.from(await response.arrayBuffer());
        if (response.status === 503) continue; // Changed too often is an honest answer.
        expect([response.status, versions.some((version) => version.equals(body))]).toEqual([200, true]);
        downloads++;
      }
    };
    await Promise.all([replace(), download(), download()]);
    expect(downloads).toBeGreaterThan(0);
  }, 300_000);
});
