/** What a form does when something happens between the publishing of its files. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Info, Mayfly, NamespaceFS, RouterOptions, StagedFile } from '../../src/index.js';
import { createMayfly, MemoryFS } from '../../src/index.js';
import { FORM_TYPE, rawForm, Site } from '../support/http.js';
import { EVERYTHING } from '../support/http-mayfly.js';

/** Does as a test tells before a file is published. */
class Interrupted extends MemoryFS {
  before: Record<string, () => Promise<unknown>> = {};

  override async stage(...args: Parameters<MemoryFS['stage']>): Promise<StagedFile> {
    const staged = await super.stage(...args);
    return {
      ...staged,
      publish: async (path, options): Promise<Info> => {
        const meanwhile = this.before[path];
        delete this.before[path];
        await meanwhile?.();
        return staged.publish(path, options);
      },
    };
  }
}

const fail = async (): Promise<never> => {
  throw new Error('the disk broke');
};

let filesystem: Interrupted;
let mayfly: Mayfly;
let ns: NamespaceFS;
let site: Site | undefined;

beforeEach(() => {
  filesystem = new Interrupted();
  mayfly = createMayfly({ storage: { filesystem, urlRoot: '/files' }, purge: false, clock: () => 0 });
  ns = mayfly.getFilesystem('ns');
});

afterEach(async () => {
  await site?.close();
  site = undefined;
  await mayfly.close();
});

async function post(names: readonly string[], options: RouterOptions = {}): Promise<number> {
  site ??= await Site.open(mayfly.handler({ ...EVERYTHING, ...options }));
  const parts = names.map((name) => ({ disposition: `name="f"; filename="${name}"`, body: 'of the form' }));
  const headers = { 'Content-Type': FORM_TYPE };
  return (await site.fetch('/files/ns', { method: 'POST', headers, body: rawForm(parts) })).status;
}

it('a form that fails takes back a file that is still the one it has published', async () => {
  filesystem.before = { 'ns/b': fail };
  expect(await post(['a', 'b'])).toBe(500);
  expect(await ns.listDir('')).toEqual([]);
});

it('a form that fails leaves what somebody else has put in the place of its file, with its deadline', async () => {
  filesystem.before = {
    'ns/b': async () => {
      await ns.write('a', 'of somebody else', { seconds: 60 });
      await fail();
    },
  };
  expect(await post(['a', 'b'])).toBe(500);
  expect(await ns.readText('a')).toBe('of somebody else');
  expect(await ns.getExpiration('a')).toEqual(new Date(60_000));
});

it('a form that fails leaves the deadline that somebody has set where its file was', async () => {
  filesystem.before = {
    'ns/b': async () => {
      await ns.remove('a');
      await ns.expire('a', 60);
      await fail();
    },
  };
  expect(await post(['a', 'b'])).toBe(500);
  expect(await ns.getExpiration('a')).toEqual(new Date(60_000));
});

it.each([
  ['there is room', false, 201, ['a', 'b']],
  ['somebody else took the place', true, 413, ['c']],
])('a form takes a file in place of one that is gone by then if %s', async (_what, taken, status, left) => {
  await ns.write('b', 'old');
  filesystem.before = {
    'ns/a': async () => {
      await site?.fetch('/files/ns/b', { method: 'DELETE' });
      if (taken) await ns.write('c', 'of somebody else');
    },
  };
  expect(await post(['a', 'b'], { onConflict: 'replace', quota: { maxFiles: 2 } })).toBe(status);
  expect(await ns.listDir('')).toEqual(left);
});

it('a form that fails takes back a file that it was to replace and that was gone by then', async () => {
  await ns.write('b', 'old');
  filesystem.before = { 'ns/a': () => ns.remove('b'), 'ns/c': fail };
  expect(await post(['a', 'b', 'c'], { onConflict: 'replace' })).toBe(500);
  expect(await ns.listDir('')).toEqual([]);
});
