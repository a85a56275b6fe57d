/**
 * A site with things in it that nobody must reach, and what holds after every
 * attack on it: they are as they were, no answer has told them, nothing is
 * left behind, and others are served.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import type { Mayfly, NamespaceFS, RouterOptions } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import { eventually, Site } from '../support/http.js';
import { openBelow } from '../support/open-descriptors.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

export const CANARY = 'the canary that nobody may see';
export const SECRET = 'the secret that URLs are signed with here';

export interface Target {
  /** Directory that holds everything. */
  readonly top: string;
  readonly directoryRoot: string;
  readonly mayfly: Mayfly;
  readonly ns: NamespaceFS;
  readonly site: Site;
  /** What was logged as a warning or an error. */
  readonly logged: string[];
  /** Send bytes as they are, and see that the answer tells nothing. @returns what came back */
  send(bytes: string | Buffer): Promise<string>;
  /** Serve with other options. */
  serve(options: RouterOptions): Promise<Site>;
}

/** Outside of the root, in a namespace that is not served, and in a directory of the storage itself. */
const CANARIES = [
  'canary.txt',
  'files/private/canary.txt',
  'files/private/dir/canary.txt',
  'files-2/canary.txt',
];

/** A fresh target for each test; what must hold is asked after it. */
export function attacked(): Target {
  const current = {} as { -readonly [K in keyof Target]: Target[K] };
  const sites: Site[] = [];
  let cleanUp: () => Promise<void>;
  let rejections: unknown[];
  const onRejection = (reason: unknown): void => void rejections.push(reason);

  beforeEach(async () => {
    rejections = [];
    process.on('unhandledRejection', onRejection);
    const directory = await temporaryDirectory();
    const top = directory.path;
    const logged: string[] = [];
    const log = (object: object, message: string): void => {
      const { err } = object as { err?: Error };
      logged.push(`${message}: ${err?.stack ?? JSON.stringify(object)}`);
    };
    const directoryRoot = join(top, 'files');
    const mayfly = createMayfly({
      storage: { type: 'osfs', directoryRoot, urlRoot: '/files', durable: false },
      expirations: { type: 'sqlite', path: join(top, 'expirations.db') },
      purge: false,
      urls: { secrets: [SECRET] },
      logger: { debug: () => undefined, info: () => undefined, warn: log, error: log },
    });
    for (const canary of CANARIES) {
      await mkdir(join(top, canary, '..'), { recursive: true });
      await writeFile(join(top, canary), CANARY);
    }
    const ns = mayfly.getFilesystem('ns');
    await ns.write('dir/ok.txt', 'all is well');
    const serve = async (options: RouterOptions): Promise<Site> => {
      const site = await Site.open(
        mayfly.handler({
          allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'],
          namespaces: ['ns'],
          maxFileSize: 1_000_000,
          ...options,
        }),
      );
      sites.push(site);
      return site;
    };
    const site = await serve({});
    const send = async (bytes: string | Buffer): Promise<string> => {
      const answer = await site.raw(bytes);
      expectTellsNothing(answer, top);
      return answer;
    };
    Object.assign(current, { top, directoryRoot, mayfly, ns, logged, site, serve, send });
    cleanUp = async () => {
      for (const each of sites.splice(0)) await each.close();
      await mayfly.close();
      await directory.remove();
    };
  });

  afterEach(async () => {
    try {
      await expectUnharmed(current);
      expect(rejections).toEqual([]);
      expect(current.logged).toEqual([]); // Whatever a client sends is no fault of the server's.
    } finally {
      process.off('unhandledRejection', onRejection);
      await cleanUp();
    }
  });

  return current;
}

/** No canary, no path of the machine, no secret, no stack. */
export function expectTellsNothing(answer: string, top: string): void {
  expect(answer).not.toContain(CANARY);
  expect(answer).not.toContain(top);
  expect(answer).not.toContain(SECRET);
  expect(answer).not.toMatch(/\n\s+at .+:\d+/);
  expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
}

export async function expectUnharmed({ top, directoryRoot, ns, site }: Target): Promise<void> {
  for (const canary of CANARIES) expect(await readFile(join(top, canary), 'utf8')).toBe(CANARY);
  const beside = (await readdir(top)).filter((name) => !name.startsWith('expirations.db'));
  expect(beside.sort()).toEqual(['canary.txt', 'files', 'files-2']);
  expect((await readdir(directoryRoot)).sort()).toEqual(['.mayfly', 'ns', 'private']);
  expect((await readdir(join(directoryRoot, 'private'), { recursive: true })).sort()).toEqual([
    'canary.txt',
    'dir',
    'dir/canary.txt',
  ]);
  expect(await readdir(join(top, 'files-2'))).toEqual(['canary.txt']);
  await eventually(async () => {
    expect(await readdir(join(directoryRoot, '.mayfly/tmp')).catch(() => [])).toEqual([]);
    expect(await openBelow(directoryRoot)).toEqual([]);
  });
  await ns.write('dir/ok.txt', 'all is well');
  expect(await (await site.fetch('/files/ns/dir/ok.txt')).text()).toBe('all is well');
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
