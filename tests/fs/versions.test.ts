import { describe, expect, it } from '@jest/globals';
import { isSameVersion } from '../../src/fs/derived/versions.js';
import type { Info } from '../../src/index.js';

const info: Info = { name: 'f', path: 'f', isDir: false, size: 1, modified: new Date(0) };

describe('two versions', () => {
  it.each<[string, Partial<Info>, Partial<Info>, boolean]>([
    ['of one entity tag', { etag: '"a"' }, { etag: '"a"', modified: new Date(1) }, true],
    ['of two', { etag: '"a"' }, { etag: '"b"' }, false],
    ['of the same bytes, written twice', { etag: '"a"', version: '1' }, { etag: '"a"', version: '2' }, false],
    ['of which a listing tells less', { etag: '"a"', version: '1' }, { etag: '"a"' }, true],
    ['of one size and time', {}, { etag: '"a"' }, true],
    ['of two sizes', {}, { size: 2 }, false],
    ['of two times', {}, { modified: new Date(1) }, false],
    ['that are directories', { isDir: true }, { isDir: true }, false],
  ])('%s are told apart or not', (_what, one, other, same) => {
    expect(isSameVersion({ ...info, ...one }, { ...info, ...other })).toBe(same);
    expect(isSameVersion({ ...info, ...other }, { ...info, ...one })).toBe(same);
  });
});
