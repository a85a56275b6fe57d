import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../../../src/backends/s3/name-order.js';
import { NameOrder } from '../../../src/backends/s3/name-order.js';
import { directoryInfo, fileInfo } from '../../../src/backends/s3/object-info.js';
import { compareCodePoints } from '../../../src/path/parts.js';

/** As S3 gives them: in order of keys, a directory with its slash. */
function listed(files: readonly string[], directories: readonly string[]): Entry[] {
  const stored = { size: 1, modified: new Date(0), etag: undefined };
  return [
    ...files.map((name) => ({ sortKey: name, info: fileInfo(name, stored) })),
    ...directories.map((name) => ({ sortKey: `${name}/`, info: directoryInfo(name) })),
  ].sort((a, b) => compareCodePoints(a.sortKey, b.sortKey));
}

interface Told {
  names: string[];
  asked: string[];
  mostHeld: number;
}

async function tell(entries: readonly Entry[], pageSize: number, mostWaiting: number): Promise<Told> {
  const asked: string[] = [];
  const directories = new Set(entries.filter(({ info }) => info.isDir).map(({ info }) => info.name));
  const order = new NameOrder(async (name) => {
    asked.push(name);
    return directories.has(name);
  }, mostWaiting);
  const names: string[] = [];
  let came = 0;
  let mostHeld = 0;
  for (let at = 0; at === 0 || at < entries.length; at += pageSize) {
    const page = entries.slice(at, at + pageSize);
    came += page.length;
    const told = await order.take(page, at + pageSize >= entries.length);
    names.push(...told.map(({ name, isDir }) => (isDir ? `${name}/` : name)));
    mostHeld = Math.max(mostHeld, came - names.length);
  }
  return { names, asked, mostHeld };
}

/** What people see: by name, and of a file and a directory of one name the file. */
function expected(files: readonly string[], directories: readonly string[]): string[] {
  const all = [...new Set([...files, ...directories])].sort(compareCodePoints);
  return all.map((name) => (files.includes(name) ? name : `${name}/`));
}

describe('NameOrder', () => {
  it.each<[string, string[], string[]]>([
    ['a directory behind files that its name begins', ['a-1', 'a.txt', 'b'], ['a']],
    ['several of them, one in the other', ['a', 'a-b-1', 'a-b.x'], ['a-b', 'a-']],
    ['a file and a directory of one name', ['a', 'a!', 'b'], ['a', 'b']],
    ['nothing', [], []],
  ])('puts %s in order of names', async (_case, files, directories) => {
    for (const pageSize of [1, 2, 3, 100]) {
      const { names } = await tell(listed(files, directories), pageSize, 2 * pageSize);
      expect(names).toEqual(expected(files, directories));
    }
  });

  it('asks nothing as long as the next page tells', async () => {
    const files = Array.from({ length: 40 }, (_, i) => `f${String(i).padStart(2, '0')}.txt`);
    const { names, asked } = await tell(listed(files, ['f10', 'f39']), 10, 20);
    expect(names).toEqual(expected(files, ['f10', 'f39']));
    expect(asked).toEqual([]);
  });

  it('asks once for a directory that many entries wait for, and holds back no more than a few pages', async () => {
    const files = Array.from({ length: 200 }, (_, i) => `day-${String(i).padStart(3, '0')}`);
    for (const directories of [[], ['day']]) {
      const { names, asked, mostHeld } = await tell(listed(files, directories), 10, 20);
      expect(names).toEqual(expected(files, directories));
      expect(asked).toEqual(['day']);
      expect(mostHeld).toBeLessThanOrEqual(21);
    }
  });

  it('holds for any names, in any pages', async () => {
    const name = fc.string({
      unit: fc.constantFrom('a', 'b', '-', '.', '0', '!', '~', 'é', '😀'),
      minLength: 1,
      maxLength: 5,
    });
    const names = fc.uniqueArray(name, { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        names,
        names,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 20 }),
        async (files, directories, pageSize, most) => {
          const { names: told } = await tell(listed(files, directories), pageSize, most);
          expect(told).toEqual(expected(files, directories));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('knows how far the listing has come when all of it has been told already', async () => {
    const order = new NameOrder(async () => true, 0);
    const told: string[] = [];
    // The second may have held names only that no path can have.
    const pages = [listed(['a!'], ['a#']), [], listed([], ['a']), listed(['b'], [])];
    for (const [i, page] of pages.entries()) {
      for (const { name } of await order.take(page, i === pages.length - 1)) told.push(name);
    }
    expect(told).toEqual(['a', 'a!', 'a#', 'b']);
  });
});
