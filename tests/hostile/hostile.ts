/**
 * A site with things in it that nobody must reach, and what holds after every
 * attack on it: they are as they were, no answer and no log line has told
 * them, nothing is left behind, and others are served.
 */
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeEach, expect } from '@jest/globals';
import type { Mayfly, NamespaceFS, RouterOptions } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import { eventually, Site } from '../support/http.js';
import { LogLines } from '../support/log-lines.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import type { Ground, GroundName } from './grounds.js';
import { openGround } from './grounds.js';

export const CANARY = 'the canary that nobody may see';
export const SECRET = 'the secret that URLs are signed with here';

export interface Target {
  /** Directory that holds everything. */
  readonly top: string;
  /** Of the files, where they are on disk. */
  readonly directoryRoot: string;
  readonly mayfly: Mayfly;
  readonly ns: NamespaceFS;
  readonly site: Site;
  readonly ground: Ground;
  readonly log: LogLines;
  /** Send bytes as they are, and see that the answer tells nothing. @returns what came back */
  send(bytes: string | Buffer): Promise<string>;
  /** Serve with other options. */
  serve(options: RouterOptions): Promise<Site>;
  /** See that no line tells anything, and forget them: they were worth it. */
  forgiveLog(): void;
}

/** Outside of the root, in a namespace that is not served, and in a directory of the storage itself. */
const CANARIES = [
  'canary.txt',
  'files/private/canary.txt',
  'files/private/dir/canary.txt',
  'files-2/canary.txt',
];

/** Bytes by which the heap may grow from the first test of a suite to its last: what is compiled and cached late. */
const HEAP_ALLOWANCE = 64 * 1024 * 1024;
/** Connections that clients which behave keep open. */
const KEPT_CONNECTIONS = 2;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function heapUsed(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

/** A fresh target for each test; what must hold is asked after it. */
export function attacked(kind: GroundName = 'osfs'): Target {
  const current = {} as { -readonly [K in keyof Target]: Target[K] };
  const sites: Site[] = [];
  let before: Held;
  let heapBefore: number | null = null;
  let cleanUp: () => Promise<void>;
  let rejections: unknown[];
  const onRejection = (reason: unknown): void => void rejections.push(reason);

  beforeEach(async () => {
    rejections = [];
    process.on('unhandledRejection', onRejection);
    const directory = await temporaryDirectory();
    const top = directory.path;
    const ground = await openGround(kind, top);
    const log = new LogLines();
    const mayfly = createMayfly({
      storage: ground.storage,
      expirations: { type: 'sqlite', path: join(top, 'expirations.db') },
      purge: false,
      urls: { secrets: [SECRET] },
      logger: log,
    });
    for (const canary of CANARIES) await ground.plant(canary, CANARY);
    const ns = mayfly.getFilesystem('ns');
    await ns.write('dir/ok.txt', 'all is well');
    const serve = async (options: RouterOptions): Promise<Site> => {
      const site = await Site.open(
        mayfly.handler({
          allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'],
          namespaces: ['ns'],
          maxFileSize: 1_000_000,
          quota: { maxBytes: 1e9, maxFiles: 1e6 },
          ...ground.router,
          ...options,
        }),
      );
      sites.push(site);
      return site;
    };
    const site = await serve({});
    const send = async (bytes: string | Buffer): Promise<string> => {
      const answer = await site.raw(bytes);
      expectTellsNothing(answer, current);
      return answer;
    };
    const forgiveLog = (): void => {
      for (const { text } of log.lines) expectNoSecret(text, current);
      log.clear();
    };
    const directoryRoot = join(top, 'files');
    Object.assign(current, { top, directoryRoot, mayfly, ns, ground, log, site, serve, send, forgiveLog });
    before = await whatIsHeld(current);
    cleanUp = async () => {
      for (const each of sites.splice(0)) await each.close();
      await mayfly.close();
      ground.close();
      await directory.remove();
    };
  });

  afterEach(async () => {
    try {
      await expectUnharmed(current, before);
      expect(rejections).toEqual([]);
      expect(current.log.at('warn', 'error')).toEqual([]); // Whatever a client sends is no fault of the server's.
      current.forgiveLog();
    } finally {
      process.off('unhandledRejection', onRejection);
      await cleanUp();
    }
    heapBefore ??= await heapUsed();
  });

  afterAll(async () => {
    if (heapBefore === null) return;
    expect((await heapUsed()) - heapBefore).toBeLessThan(HEAP_ALLOWANCE);
  });

  return current;
}

/** No canary, no failure of ours, and none of what `expectNoSecret` says. */
function expectTellsNothing(answer: string, target: Target): void {
  expect(answer).not.toContain(CANARY);
  expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
  expectNoSecret(answer, target);
}

/** No path of the machine, no secret, no stack. */
export function expectNoSecret(text: string, { top, ground }: Target): void {
  for (const secret of [top, SECRET, ...ground.secrets]) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/(?:\n|\\n)\s+at .+:\d+/);
}

/** What an attack must leave as it was. */
interface Held {
  readonly outside: Record<string, string>;
  /** Files that are open. */
  readonly descriptors: ReadonlySet<string>;
}

async function whatIsHeld({ ground }: Target): Promise<Held> {
  return { outside: await ground.outside(), descriptors: new Set(await openFiles()) };
}

async function openFiles(): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.startsWith('/') && !target.includes('/expirations.db'));
}

/** Nothing is changed, told or left, and who comes next is served. */
async function expectUnharmed(target: Target, before: Held): Promise<void> {
  const { ground, ns, site } = target;
  expect(await ground.outside()).toEqual(before.outside);
  for (const canary of CANARIES) expect(before.outside).toHaveProperty([canary]);
  await expectNothingHeld(target, before);
  await ns.write('dir/ok.txt', 'all is well');
  expect(await (await site.fetch('/files/ns/dir/ok.txt')).text()).toBe('all is well');
  await expectRoom(target);
}

/** Temporary files, multipart uploads, descriptors and connections are as before; some time after the last answer. */
async function expectNothingHeld({ ground, site }: Target, { descriptors }: Held): Promise<void> {
  await eventually(async () => {
    expect(await ground.staged()).toEqual([]);
    expect((await openFiles()).filter((file) => !descriptors.has(file))).toEqual([]);
    expect(await site.connections()).toBeLessThanOrEqual(KEPT_CONNECTIONS);
  });
}

/** No upload that came to nothing keeps room of the quota: what is left over can be filled to the last byte. */
async function expectRoom({ ns, serve }: Target): Promise<void> {
  let [bytes, files] = [0, 0];
  for await (const { isDir, size } of ns.scanTree('')) {
    if (isDir) continue;
    bytes += size;
    files++;
  }
  const last = 'the last';
  const site = await serve({ quota: { maxBytes: bytes + last.length, maxFiles: files + 1 } });
  await eventually(async () => {
    // What was measured a moment ago may be good for a moment more.
    const { status } = await site.fetch('/files/ns/room-that-is-left', { method: 'PUT', body: last });
    expect(status).toBe(201);
  });
}

/** A request as bytes, on a connection of its own. */
export function rawRequest(
  line: string,
  headers: readonly string[] = [],
  body: string | Buffer = '',
): Buffer {
  const bytes = Buffer.from(body as string);
  const length = bytes.length > 0 ? [`Content-Length: ${bytes.length}`] : [];
  const head = [`${line} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, ...length, '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), bytes]);
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}
