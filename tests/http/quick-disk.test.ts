/** Uploads to a disk on which small files are stored at once: what must not change by that. */
import { mkdir, readdir, rename } from 'node:fs/promises';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeArrived } from '../../src/http/request-body.js';
import type { NamespaceFS, RouterOptions } from '../../src/index.js';
import { InsufficientStorage, OSFS } from '../../src/index.js';
import { FORM_TYPE, rawForm, Site } from '../support/http.js';
import { EVERYTHING } from '../support/http-mayfly.js';
import type { TestMayfly } from '../support/mayflies.js';
import { openOnQuickDisk } from '../support/mayflies.js';

let opened: TestMayfly;
let ns: NamespaceFS;
let site: Site | undefined;
const stage = OSFS.prototype.stage;
/** Paths for which there is no space. */
const full = new Set<string>();

beforeEach(async () => {
  // Before the filesystem is made, which sees whether its `stage` is its own.
  OSFS.prototype.stage = async function (path, ...args) {
    if (full.has(path)) throw new InsufficientStorage(path);
    return stage.call(this, path, ...args);
  };
  opened = await openOnQuickDisk();
  ns = opened.mayfly.getFilesystem('ns');
});
afterEach(async () => {
  await site?.close();
  site = undefined;
  full.clear();
  OSFS.prototype.stage = stage;
  await opened.cleanup();
});

async function serve(options: RouterOptions = {}): Promise<Site> {
  site = await Site.open(opened.mayfly.handler({ ...EVERYTHING, ...options }));
  return site;
}

async function post(names: readonly string[]): Promise<number> {
  const parts = names.map((name) => ({ disposition: `name="f"; filename="${name}"`, body: 'new' }));
  const init = { method: 'POST', headers: { 'Content-Type': FORM_TYPE }, body: rawForm(parts) };
  return (await (site as Site).fetch('/files/ns', init)).status;
}

describe('a form of which one file can not be stored', () => {
  it.each([
    ['the first', 'a'],
    ['the second', 'b'],
  ])('replaces none and leaves none, be it %s', async (_, failing) => {
    await serve({ onConflict: 'replace' });
    const other = failing === 'a' ? 'b' : 'a';
    await ns.write(other, 'old');
    full.add(failing);
    expect(await post(['a', 'b'])).toBe(507);
    expect([await ns.listDir(''), await ns.readText(other)]).toEqual([[other], 'old']);
    expect(await opened.staged()).toEqual([]);
    expect(await post([other])).toBe(201);
    expect(await ns.readText(other)).toBe('new');
  });
});

it('a small PUT goes into no other storage that has come to the place of this one', async () => {
  const { fetch } = await serve();
  const put = (path: string) => fetch.call(site, `/files/ns/${path}`, { method: 'PUT', body: 'x' });
  expect((await put('before')).status).toBe(201);
  const root = opened.directoryRoot as string;
  await rename(root, `${root}-away`);
  for (const directory of ['ns', '.mayfly/tmp']) await mkdir(`${root}/${directory}`, { recursive: true });
  expect((await put('after')).status).toBe(503);
  expect(await readdir(`${root}/ns`)).toEqual([]);
  await rename(root, `${root}-other`);
  await rename(`${root}-away`, root);
  expect((await put('again')).status).toBe(201);
  expect((await ns.listDir('')).sort()).toEqual(['again', 'before']);
});

it('of a request that an adapter has made up, complete before its body is here, nothing is taken for all', async () => {
  const pieces = ['one', 'two'];
  class MadeUp extends IncomingMessage {
    override _read(): void {
      this.push(pieces.shift() ?? null);
    }
  }
  const request = Object.assign(new MadeUp(new Socket()), { complete: true });
  request.headers = { 'content-length': '6' };
  expect(await takeArrived(request)).toEqual({ bytes: null, isAll: false });
  let body = '';
  for await (const chunk of request) body += chunk;
  expect(body).toBe('onetwo');
});

it('a request whose body was taken in tells of its end', async () => {
  let ended = 0;
  const handler = opened.mayfly.handler(EVERYTHING);
  site = await Site.open((request, response) => {
    request.once('end', () => ended++);
    handler(request, response);
  });
  expect((await site.fetch('/files/ns/a', { method: 'PUT', body: 'x' })).status).toBe(201);
  expect(await post(['b'])).toBe(201);
  expect(ended).toBe(2);
});
