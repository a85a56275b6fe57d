/** What a form does when something happens between the publishing of its files. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Info, Mayfly, NamespaceFS, RouterOptions, StagedFile } from '../../src/index.js';
import { createMayfly, MemoryFS, SqliteExpirationStore } from '../../src/index.js';
import { atOnce } from '../support/at-once.js';
import { FORM_TYPE, rawForm, Site } from '../support/http.js';
import { EVERYTHING } from '../support/http-mayfly.js';
import { openOnQuickDisk } from '../support/mayflies.js';

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

describe('a form whose files can be stored in one go', () => {
  let quick: Awaited<ReturnType<typeof openOnQuickDisk>>;
  let files: NamespaceFS;
  let forms = 0;

  beforeEach(async () => {
    quick = await openOnQuickDisk();
    files = quick.mayfly.getFilesystem('ns');
    site = await Site.open(quick.mayfly.handler(EVERYTHING));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await site?.close();
    site = undefined;
    await quick.cleanup();
  });

  /** Files of other names than any before. */
  async function postNew(): Promise<{ status: number; names: string[]; stored: string[] }> {
    const form = forms++;
    const names = ['c', 'a', 'b'].map((name) => `${name}${form}`);
    const parts = names.map((name) => ({ disposition: `name="f"; filename="${name}"`, body: 'x' }));
    const how = { method: 'POST', headers: { 'Content-Type': FORM_TYPE }, body: rawForm(parts) };
    const response = await (site as Site).fetch('/files/ns', how);
    const { files: stored = [] } = (await response.json()) as { files?: { path: string }[] };
    return { status: response.status, names, stored: stored.map(({ path }) => path) };
  }

  it('has them stored together, and tells them in its order', async () => {
    const together = jest.spyOn(SqliteExpirationStore.prototype, 'together');
    await atOnce(async () => {
      together.mockClear();
      const { names, stored } = await postNew();
      expect(stored).toEqual(names);
      const locks = together.mock.calls.length;
      return (locks > 0 && locks < names.length) || null;
    });
  });

  it('takes back all that were stored, before and after the one that failed', async () => {
    const { whileFree } = SqliteExpirationStore.prototype;
    let failures = 0;
    jest.spyOn(SqliteExpirationStore.prototype, 'whileFree').mockImplementation(function (
      this: SqliteExpirationStore,
      key,
      work,
    ) {
      if (key.path.startsWith('a')) {
        failures++;
        throw new Error('the disk broke');
      }
      return whileFree.call(this, key, work) as never;
    });
    await atOnce(async () => {
      const before = await files.listDir('');
      failures = 0;
      const { status } = await postNew();
      if (status === 201) return null; // It went another way.
      expect([status, failures, await files.listDir('')]).toEqual([500, 1, before]);
      return status;
    });
  });
});
