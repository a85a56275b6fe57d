/** What is given to constructors and functions without types: refused in words of our own, at once. */
import { describe, expect, it } from '@jest/globals';
import type { NamespaceFS } from '../../src/index.js';
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
  SubFS,
  TempFS,
} from '../../src/index.js';
import { polyfilledAbort } from '../support/polyfilled-abort.js';

const any = (value: unknown): never => value as never;

/** As a signal, but whoever listens to it must do so for ever. */
function withoutLeaving(): unknown {
  return { ...polyfilledAbort().signal, removeEventListener: undefined };
}

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
    ['SubFS of nothing', () => new SubFS(any(null), 'a'), /one of a Filesystem/],
    ['ReadOnlyFS of a path', () => new ReadOnlyFS(any('.')), /must be given a Filesystem/],
  ])('%s is a TypeError', (_what, construct, message) => {
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'OSFS with a cache of %d bytes is a RangeError',
    (cacheBytes) => {
      expect(() => new OSFS('.', { cacheBytes })).toThrow(
        RangeError(`cacheBytes must be a whole number of 0 or more, not ${cacheBytes}`),
      );
    },
  );

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
  ['a signal that can not be left', { signal: withoutLeaving() }, /^signal must be an AbortSignal/],
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

it.each<[string, (files: NamespaceFS) => Promise<unknown>, RegExp]>([
  ['getUrl', (files) => files.getUrl('f', { download: any(5) }), /^download must be true, false or a string/],
  ['getUrl', (files) => files.getUrl('f', { download: any(null) }), /^download must be true, false or/],
  ['getUrlUntil', (files) => files.getUrlUntil('f', null, any(null)), /^options must be an object/],
  ['getUrlUntil', (files) => files.getUrlUntil('f', any(5)), /^deadline must be a Date or null/],
  ['getUploadUrl', (files) => files.getUploadUrl('f', any(null)), /^options must be an object/],
  ['getUploadUrl', (files) => files.getUploadUrl('f', { maxBytes: any('5') }), /^maxBytes must be a number/],
  ['write', (files) => files.write('f', 'y', { seconds: any(null) }), /^seconds must be a number/],
  ['write', (files) => files.write('f', 'y', { days: any(null) }), /^days must be a number/],
  ['remove', (files) => files.remove('f', any(null)), /^options must be an object/],
  ['remove', (files) => files.remove('f', { check: any(true) }), /^check must be a function/],
  ['expire', (files) => files.expire('f', 1, 0, true, { check: any(5) }), /^check must be a function/],
  ['getExpirations', (files) => files.getExpirations(any('f')), /^paths must be a list of strings/],
  ['getExpirations', (files) => files.getExpirations([any(5)]), /^paths must be a list of strings/],
  ['getExpirations', (files) => files.getExpirations(['f'], any(null)), /^options must be an object/],
  ['getExpirations', (files) => files.getExpirations(['f'], { recent: any(1) }), /^recent must be true or/],
])('%s of a namespace refuses what is of the wrong type', async (_name, call, message) => {
  const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
  const files = mayfly.getFilesystem('n');
  await files.write('f', 'x');
  const error = await call(files).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TypeError);
  expect((error as Error).message).toMatch(message);
  expect([await files.readText('f'), await files.getExpiration('f')]).toEqual(['x', null]);
  await mayfly.close();
});

it('a stream is written until a signal of a polyfill aborts', async () => {
  const fs = new MemoryFS();
  async function* source(): AsyncGenerator<Buffer> {
    yield Buffer.from('x');
    controller.abort(reason);
    yield Buffer.from('y');
  }
  const reason = new Error('enough');
  const { controller, signal } = polyfilledAbort();
  await expect(fs.write('f', source(), { signal })).rejects.toBe(reason);
  await expect(fs.write('f', 'x', { signal: any(withoutLeaving()) })).rejects.toThrow(
    'signal must be an AbortSignal',
  );
  expect(await fs.listDir('')).toEqual([]);
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
