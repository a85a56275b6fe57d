import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { uploadName, withSuffix } from '../../src/http/upload-name.js';

describe('uploadName', () => {
  it.each([
    ['a.png', 'a.png'],
    ['/etc/passwd', 'passwd'],
    ['../../a.png', 'a.png'],
    ['C:\\Users\\me\\a.png', 'a.png'],
    ['dir\\..\\a.png', 'a.png'],
    ['a\u0000b\r\n.png', 'ab.png'],
    ['gpj\u202eexe.png', 'gpjexe.png'], // would show as gpjgnp.exe
    ['e\u0301.png', 'é.png'], // NFC
    ['📈 plan.pdf', '📈 plan.pdf'],
    [' a.png ', 'a.png'],
    ['a..b', 'a..b'],
    ['a.', 'a.'],
  ])('%j is stored as %j', (name, expected) => {
    expect(uploadName(name)).toBe(expected);
  });

  it.each([undefined, '', '.', '..', '...', 'dir/', 'a/..', ' ', '\u0000', '.\u0001.'])(
    '%j leaves nothing, so it gets a random name',
    (name) => {
      expect(uploadName(name)).toMatch(/^[0-9a-f]{24}$/);
      expect(uploadName(name)).not.toBe(uploadName(name));
    },
  );

  it.each([
    ['.jpg', /^[0-9a-f]{24}\.jpg$/],
    ['.htaccess', /^[0-9a-f]{24}\.htaccess$/],
    ['..tar.gz', /^[0-9a-f]{24}\.tar\.gz$/],
  ])('%j is all extension, so it gets a random stem', (name, expected) => {
    expect(uploadName(name)).toMatch(expected);
  });

  it('is one component without a leading dot and control characters, whatever the name', () => {
    const tricky = fc.constantFrom('.', '/', '\\', '\0', '\u202e', '\u0301', '\ud800', ' ', 'a', '\u0085');
    const name = fc.array(fc.oneof(tricky, fc.string({ unit: 'binary' }))).map((parts) => parts.join(''));
    fc.assert(
      fc.property(name, (client) => {
        const stored = uploadName(client);
        expect(stored).not.toMatch(/[/\\\u0000-\u001f\u007f-\u009f]|^\.|^$/);
        expect(stored.isWellFormed()).toBe(true);
        expect(stored).toBe(stored.normalize('NFC'));
      }),
    );
  });
});

describe('withSuffix', () => {
  it.each([
    ['a.png', '1', 'a-1.png'],
    ['a.tar.gz', '2', 'a.tar-2.gz'],
    ['a', '1', 'a-1'],
    [`${'x'.repeat(251)}.png`, '1', `${'x'.repeat(249)}-1.png`],
    [`${'😀'.repeat(62)}.png`, '12', `${'😀'.repeat(62)}-12.png`],
    [`${'😀'.repeat(63)}.t`, '12', `${'😀'.repeat(62)}-12.t`], // cut between characters
  ])('%s', (name, suffix, expected) => {
    expect(withSuffix(name, suffix)).toBe(expected);
    expect(Buffer.byteLength(expected)).toBeLessThanOrEqual(255);
  });
});
