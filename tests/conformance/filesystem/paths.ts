import { describe, expect, it } from '@jest/globals';
import { IllegalBackReference, InvalidPath, ResourceNotFound } from '../../../src/errors/errors.js';
import { expectError } from '../../support/expect-error.js';
import type { Subject } from '../filesystem.js';

const specialNames = [
  'with space',
  ' leading and trailing ',
  'plus+percent%41hash#question?and&equals=',
  '%2e%2e',
  'quote\'double"back`',
  'back\\slash',
  'semi;colon:star*pipe|angle<>',
  '$HOME ~ %USER%',
  '...',
  '..hidden',
  '.dot',
  'Ünïcödé',
  'Ωμέγα 日本語',
  '👩‍👩‍👧 emoji',
  '__proto__',
  'constructor',
  'toString',
  'CON',
  '-rf',
  'a'.repeat(255),
  'é'.repeat(127),
];

export function describePaths(subject: Subject): void {
  describe('paths', () => {
    it.each(specialNames)('stores a file and a directory called %j', async (name) => {
      const { fs } = subject;
      await fs.write(name, 'text');
      expect(await fs.getInfo(name)).toMatchObject({ name, path: name, isDir: false });
      expect(await fs.readText(name)).toBe('text');
      expect(await fs.listDir('')).toEqual([name]);
      await fs.makeDir('d');
      await fs.makeDir(`d/${name}`);
      await fs.write(`d/${name}/${name}`, 'deep');
      expect(await fs.listDir('d')).toEqual([name]);
      expect(await fs.readText(`d/${name}/${name}`)).toBe('deep');
      await fs.remove(name);
      await fs.removeTree('d');
      expect(await fs.listDir('')).toEqual([]);
    });

    it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
      'has nothing at %s unless it was written',
      async (name) => {
        expect(await subject.fs.exists(name)).toBe(false);
        await expectError(subject.fs.getInfo(name), ResourceNotFound, name);
      },
    );

    it.each(['a/b', '/a/b', 'a//b', './a/./b', 'a/b/', 'a/b/c/..', '//a/x/../b'])(
      'takes %s for a/b',
      async (spelling) => {
        const { fs } = subject;
        await fs.makeDir('a');
        await fs.write('a/b', 'x');
        expect(fs.validatePath(spelling)).toBe('a/b');
        expect((await fs.getInfo(spelling)).path).toBe('a/b');
        expect(await fs.readText(spelling)).toBe('x');
      },
    );

    it.each(['..', '../x', 'a/../../x', '/../x', 'a/b/../../../..'])('refuses %s', async (path) => {
      const { fs } = subject;
      expect(() => fs.validatePath(path)).toThrow(IllegalBackReference);
      for (const attempt of [fs.getInfo(path), fs.readBytes(path), fs.write(path, 'x'), fs.remove(path)]) {
        await expectError(attempt, IllegalBackReference);
      }
      await expectError(fs.listDir(path), IllegalBackReference);
      await expectError(fs.makeDir(path), IllegalBackReference);
    });

    it.each(['a\u0000b', 'a\nb', 'a\u007fb', 'a\u0085b', 'a\ud800b'])('refuses %j', async (path) => {
      const { fs } = subject;
      expect(() => fs.validatePath(path)).toThrow(InvalidPath);
      await expectError(fs.getInfo(path), InvalidPath);
      await expectError(fs.write(path, 'x'), InvalidPath);
      await expectError(fs.openRead(path), InvalidPath);
    });

    it('refuses what is no string with a TypeError', async () => {
      for (const path of [undefined, null, 5, Buffer.from('a'), ['a']]) {
        await expectError(subject.fs.getInfo(path as never), TypeError);
      }
    });

    it('tells Foo from foo, unless it says that it can not', async () => {
      const { fs } = subject;
      if (fs.getMeta().caseInsensitive) return;
      for (const name of ['foo', 'Foo', 'fOO']) await fs.write(name, name);
      expect(await fs.listDir('')).toEqual(['Foo', 'fOO', 'foo']);
      expect(await fs.readText('fOO')).toBe('fOO');
    });

    it('tells composed characters from decomposed ones', async () => {
      const { fs } = subject;
      await fs.write('\u00e9', 'composed');
      if (process.platform === 'darwin') return;
      expect(await fs.exists('e\u0301')).toBe(false);
    });
  });
}
