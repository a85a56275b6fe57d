import assert from 'node:assert/strict';
import { IllegalBackReference, InvalidPath, ResourceNotFound } from '../../errors/errors.js';
import { assertMatches, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

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

export function describePaths({ describe, it }: TestRunner, subject: Subject): void {
  describe('paths', () => {
    for (const name of specialNames) {
      it(`stores a file and a directory called ${JSON.stringify(name)}`, async () => {
        const { fs } = subject;
        await fs.write(name, 'text');
        assertMatches(await fs.getInfo(name), { name, path: name, isDir: false });
        assert.equal(await fs.readText(name), 'text');
        assert.deepEqual(await fs.listDir(''), [name]);
        await fs.makeDir('d');
        await fs.makeDir(`d/${name}`);
        await fs.write(`d/${name}/${name}`, 'deep');
        assert.deepEqual(await fs.listDir('d'), [name]);
        assert.equal(await fs.readText(`d/${name}/${name}`), 'deep');
        await fs.remove(name);
        await fs.removeTree('d');
        assert.deepEqual(await fs.listDir(''), []);
      });
    }

    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      it(`has nothing at ${name} unless it was written`, async () => {
        assert.equal(await subject.fs.exists(name), false);
        await rejectsWith(subject.fs.getInfo(name), ResourceNotFound, name);
      });
    }

    for (const spelling of ['a/b', '/a/b', 'a//b', './a/./b', 'a/b/', 'a/b/c/..', '//a/x/../b']) {
      it(`takes ${spelling} for a/b`, async () => {
        const { fs } = subject;
        await fs.makeDir('a');
        await fs.write('a/b', 'x');
        assert.equal(fs.validatePath(spelling), 'a/b');
        assert.equal((await fs.getInfo(spelling)).path, 'a/b');
        assert.equal(await fs.readText(spelling), 'x');
      });
    }

    for (const path of ['..', '../x', 'a/../../x', '/../x', 'a/b/../../../..']) {
      it(`refuses ${path}`, async () => {
        const { fs } = subject;
        assert.throws(() => fs.validatePath(path), IllegalBackReference);
        for (const attempt of [fs.getInfo(path), fs.readBytes(path), fs.write(path, 'x'), fs.remove(path)]) {
          await rejectsWith(attempt, IllegalBackReference);
        }
        await rejectsWith(fs.listDir(path), IllegalBackReference);
        await rejectsWith(fs.makeDir(path), IllegalBackReference);
      });
    }

    for (const path of ['a\u0000b', 'a\nb', 'a\u007fb', 'a\u0085b', 'a\ud800b']) {
      it(`refuses ${JSON.stringify(path)}`, async () => {
        const { fs } = subject;
        assert.throws(() => fs.validatePath(path), InvalidPath);
        await rejectsWith(fs.getInfo(path), InvalidPath);
        await rejectsWith(fs.write(path, 'x'), InvalidPath);
        await rejectsWith(fs.openRead(path), InvalidPath);
      });
    }

    it('refuses what is no string with a TypeError', async () => {
      for (const path of [undefined, null, 5, Buffer.from('a'), ['a']]) {
        await rejectsWith(subject.fs.getInfo(path as never), TypeError);
      }
    });

    it('tells Foo from foo, unless it says that it can not', async () => {
      const { fs } = subject;
      if (fs.getMeta().caseInsensitive) return;
      for (const name of ['foo', 'Foo', 'fOO']) await fs.write(name, name);
      assert.deepEqual(await fs.listDir(''), ['Foo', 'fOO', 'foo']);
      assert.equal(await fs.readText('fOO'), 'fOO');
    });

    it('tells composed characters from decomposed ones', async () => {
      const { fs } = subject;
      await fs.write('\u00e9', 'composed');
      if (process.platform === 'darwin') return;
      assert.equal(await fs.exists('e\u0301'), false);
    });
  });
}
