/** What is given to constructors and functions without types: refused in words of our own, at once. */
import { describe, expect, it } from '@jest/globals';
import {
  copyDir,
  copyFile,
  copyFS,
  createMayfly,
  InvalidOptions,
  MemoryFS,
  mirror,
  moveDir,
  moveFile,
  OSFS,
  ReadOnlyFS,
  S3FS,
  TempFS,
} from '../../src/index.js';

const any = (value: unknown): never => value as never;

describe('constructors', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['OSFS of nothing', () => new OSFS(any(undefined)), /^root must be a string/],
    ['OSFS of a number', () => new OSFS(any(5)), /^root must be a string/],
    ['OSFS with null', () => new OSFS('.', any(null)), /^options must be an object/],
    ['OSFS with a list', () => new OSFS('.', any([])), /^options must be an object, not a list/],
    ['OSFS that is durable by a number', () => new OSFS('.', { durable: any(0) }), /^durable must be/],
    ['OSFS with a cache of text', () => new OSFS('.', { cacheBytes: any('1') }), /^cacheBytes must be/],
    ['TempFS with null', () => new TempFS(any(null)), /^options must be an object/],
    ['TempFS with a number', () => new TempFS({ identifier: any(5) }), /^identifier must be a string/],
    ['ReadOnlyFS of nothing', () => new ReadOnlyFS(any(undefined)), /must be given a Filesystem/],
    ['ReadOnlyFS of a path', () => new ReadOnlyFS(any('.')), /must be given a Filesystem/],
  ])('%s is a TypeError', (_what, construct, message) => {
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /options must be an object/],
    ['null', null, /options must be an object/],
    ['the name of a bucket', 'bucket', /options must be an object/],
    ['strict by a number', { bucket: 'b', strict: 0 }, /strict must be true or false/],
    ['a region that is a number', { bucket: 'b', region: 1 }, /region must be a string/],
  ])('S3FS of %s is InvalidOptions', (_what, options, message) => {
    expect(() => new S3FS(any(options))).toThrow(InvalidOptions);
    expect(() => new S3FS(any(options))).toThrow(message);
  });
});

describe('transfers', () => {
  const [from, to] = [new MemoryFS(), new MemoryFS()];

  it.each<[string, (options: never) => Promise<unknown>]>([
    ['copyFile', (options) => copyFile(from, 'f', to, 'f', options)],
    ['copyDir', (options) => copyDir(from, '', to, '', options)],
    ['copyFS', (options) => copyFS(from, to, options)],
    ['moveFile', (options) => moveFile(from, 'f', to, 'f', options)],
    ['moveDir', (options) => moveDir(from, 'd', to, 'd', options)],
    ['mirror', (options) => mirror(from, to, options)],
  ])('%s refuses options of the wrong type', async (_name, call) => {
    await from.write('f', 'x');
    for (const [option, value] of [
      ['preserveTime', 1],
      ['signal', 5],
      ['onProgress', {}],
      ['concurrency', '4'],
    ] as const) {
      await expect(call(any({ [option]: value }))).rejects.toThrow(`${option} must be`);
    }
    for (const options of [null, 5, []]) {
      const error = await call(any(options)).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^options must be an object/);
    }
    expect(await to.listDir('')).toEqual([]);
  });

  it('refuse trustNewer of the wrong type, which mirror alone has', async () => {
    for (const trustNewer of [1, null, 'false']) {
      const error = await mirror(from, to, { trustNewer: any(trustNewer) }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^trustNewer must be true or false/);
    }
  });

  it('refuse what is no filesystem', async () => {
    await expect(copyFS(any(undefined), to)).rejects.toThrow(
      TypeError('files are copied and moved between Filesystems'),
    );
    await expect(mirror(from, any('mem://'))).rejects.toThrow('between Filesystems');
  });
});

it.each<[string, unknown, RegExp]>([
  ['null', null, /^options must be an object/],
  ['a number', 5, /^options must be an object/],
  ['a list', [], /^options must be an object/],
  ['a signal that is none', { signal: 5 }, /^signal must be an AbortSignal/],
  ['progress told to an object', { onProgress: {} }, /^onProgress must be a function/],
])('a purge and a check given %s are refused', async (_what, options, message) => {
  const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
  for (const call of [mayfly.expireObjects(any(options)), mayfly.check(any(options))]) {
    const error = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
  }
  await mayfly.close();
});

it.each<[string, unknown, typeof TypeError | typeof RangeError]>([
  ['an invalid Date', new Date(Number.NaN), RangeError],
  ['a number', 5, TypeError],
  ['text', '2026-01-01', TypeError],
  ['null', null, TypeError],
])('a purge as of %s is refused as setInfo refuses it', async (_what, now, Class) => {
  const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
  const files = mayfly.getFilesystem('n');
  await files.write('f', 'x');
  for (const call of [
    mayfly.expireObjects({ now: any(now) }),
    files.setInfo('f', { modified: any(now) }),
    new MemoryFS().setInfo('', { accessed: any(now) }),
  ]) {
    await expect(call).rejects.toThrow(Class);
  }
  await mayfly.close();
});
