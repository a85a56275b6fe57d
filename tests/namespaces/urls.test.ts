import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Mayfly, NamespaceFS } from '../../src/index.js';
import { createMayfly, IllegalBackReference, InvalidNamespace, InvalidPath } from '../../src/index.js';

describe('getUrl without signing', () => {
  let mayfly: Mayfly;
  let files: NamespaceFS;

  beforeEach(() => {
    mayfly = createMayfly({
      storage: { type: 'memoryfs', urlRoot: 'https://cdn.example.com/files/' },
      purge: false,
    });
    files = mayfly.getFilesystem('ns');
  });

  afterEach(() => mayfly.close());

  const base = 'https://cdn.example.com/files/ns';

  it.each([
    ['a.txt', `${base}/a.txt`],
    ['/a//b/./c/../d.txt', `${base}/a/b/d.txt`],
    ['with space', `${base}/with%20space`],
    ['a+b%c#d?e&f=g', `${base}/a%2Bb%25c%23d%3Fe%26f%3Dg`],
    [`quotes'"`, `${base}/quotes%27%22`],
    ['<b>', `${base}/%3Cb%3E`],
    ['ä/😀', `${base}/%C3%A4/%F0%9F%98%80`],
    ['a\\b', `${base}/a%5Cb`],
    ['//host/x', `${base}/host/x`],
  ])('percent-encodes every segment of %s', async (path, url) => {
    expect(await files.getUrl(path)).toBe(url);
  });

  it('asks nobody whether the file exists, and takes a timeout that it has no use for', async () => {
    expect(await files.getUrl('none', 60)).toBe(`${base}/none`);
    expect(await files.getUrl('none', { timeout: 0.5 })).toBe(`${base}/none`);
  });

  it('asks for a download by the query', async () => {
    expect(await files.getUrl('a', { download: true })).toBe(`${base}/a?download=`);
    expect(await files.getUrl('a', { download: 'ä b.txt' })).toBe(`${base}/a?download=%C3%A4%20b.txt`);
    expect(await files.getUrl('a', { download: false })).toBe(`${base}/a`);
  });

  it.each([[-1], [Number.NaN], [Number.POSITIVE_INFINITY]])('refuses a timeout of %p', async (timeout) => {
    await expect(files.getUrl('a', timeout)).rejects.toThrow(RangeError);
  });

  it('refuses a timeout that is no number', async () => {
    await expect(files.getUrl('a', '60' as never)).rejects.toThrow(TypeError);
  });

  it.each([
    ['../a', IllegalBackReference],
    ['a\nb', InvalidPath],
    ['a\0b', InvalidPath],
    ['\ud800', InvalidPath],
  ])('refuses the path %j', async (path, refusal) => {
    await expect(files.getUrl(path)).rejects.toThrow(refusal);
  });

  it.each([['..'], ['.'], ['.a'], [''], ['a/b'], ['/etc'], ['$HOME'], ['a b'], ['ä'], ['x'.repeat(129)]])(
    'is never made for the namespace %j',
    (name) => {
      expect(() => mayfly.getFilesystem(name)).toThrow(InvalidNamespace);
    },
  );

  it.each([['a'], ['A-b_c.d'], ['-'], ['0'], ['x'.repeat(128)], ['__proto__']])(
    'is made for the namespace %j',
    async (name) => {
      expect(await mayfly.getFilesystem(name).getUrl('f')).toBe(`https://cdn.example.com/files/${name}/f`);
    },
  );

  it.each([
    ['/files', '/files'],
    ['/', '/'],
    ['https://cdn.example.com', '/'],
    ['https://cdn.example.com/a/b/', '/a/b'],
  ])('urlRoot %s is mounted at %s', async (urlRoot, mounted) => {
    const other = createMayfly({ storage: { type: 'memoryfs', urlRoot }, purge: false });
    expect(other.urlRoot).toBe(mounted);
    await other.close();
  });
});
