/** Directories that go into one above them, where they hold paths like their own. */
import assert from 'node:assert/strict';
import { FileExpected } from '../../errors/errors.js';
import type { Filesystem } from '../../fs/filesystem.js';
import { copyDir, moveDir } from '../../fs/transfer.js';
import { rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';
import { contentOf } from './fixture.js';

type Bring = (fs: Filesystem, source: string, destination: string) => Promise<void>;

const copies: Record<string, Bring> = {
  'the method copyDir': (fs, source, destination) => fs.copyDir(source, destination),
  'the function copyDir': (fs, source, destination) => copyDir(fs, source, fs, destination),
  'copyDir from a directory that was opened': async (fs, source, destination) =>
    copyDir(await fs.openDir(source), '', fs, destination),
};

const moves: Record<string, Bring> = {
  'the method moveDir': (fs, source, destination) => fs.moveDir(source, destination),
  'the function moveDir': (fs, source, destination) => moveDir(fs, source, fs, destination),
  'moveDir from another filesystem that shows the same': async (fs, source, destination) =>
    moveDir(await fs.openDir(''), source, fs, destination),
};

/** Make files, each with its path as text, and empty directories, whose paths end with a slash. */
async function plant(fs: Filesystem, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await fs.makeDirs(path.slice(0, path.lastIndexOf('/')), { recreate: true });
    if (!path.endsWith('/')) await fs.write(path, path);
  }
}

export function describeClimbing({ describe, it }: TestRunner, subject: Subject): void {
  for (const [name, bring] of Object.entries({ ...copies, ...moves })) {
    describe(`${name}, to a directory above`, () => {
      const isMove = name in moves;

      it('brings each file one up, whatever comes to where it was', async () => {
        const { fs } = subject;
        await plant(fs, 'b/f', 'b/b/f', 'b/b/b/f', 'b/g', 'b/b/b/h', 'b/z/f', 'b/b/z/f', 'kept/f');
        await bring(fs, 'b', '');
        assert.deepEqual(await contentOf(fs), {
          b: null,
          'b/b': null,
          ...(isMove ? {} : { 'b/b/b': null, 'b/b/b/f': 'b/b/b/f', 'b/b/b/h': 'b/b/b/h' }),
          'b/b/f': 'b/b/b/f',
          'b/b/h': 'b/b/b/h',
          ...(isMove ? {} : { 'b/b/z': null, 'b/b/z/f': 'b/b/z/f', 'b/g': 'b/g' }),
          'b/f': 'b/b/f',
          'b/z': null,
          'b/z/f': 'b/b/z/f',
          f: 'b/f',
          g: 'b/g',
          kept: null,
          'kept/f': 'kept/f',
          z: null,
          'z/f': 'b/z/f',
        });
      });

      it('does so over more names than one, and below the root', async () => {
        const { fs } = subject;
        await plant(fs, 'd/a/b/a/b/f', 'd/a/b/a/g', 'd/a/b/f', 'd/a/kept');
        await bring(fs, 'd/a/b', 'd');
        assert.deepEqual(await contentOf(fs, 'd'), {
          a: null,
          'a/b': null,
          ...(isMove
            ? {}
            : { 'a/b/a': null, 'a/b/a/b': null, 'a/b/a/b/f': 'd/a/b/a/b/f', 'a/b/a/g': 'd/a/b/a/g' }),
          'a/b/f': 'd/a/b/a/b/f',
          'a/g': 'd/a/b/a/g',
          'a/kept': 'd/a/kept',
          f: 'd/a/b/f',
        });
      });

      it('refuses a file in place of a directory that it lies in, before anything is done', async () => {
        const { fs } = subject;
        await plant(fs, 'a/b/f', 'a/b/a/b/f', 'a/b/a/b/a');
        const before = await contentOf(fs);
        await rejectsWith(bring(fs, 'a/b', ''), FileExpected, 'a/b/a');
        await rejectsWith(bring(fs, 'a/b/a/b', 'a/b'), FileExpected, 'a/b/a');
        assert.deepEqual(await contentOf(fs), before);
        await plant(fs, 'c/c', 'c/f');
        await rejectsWith(bring(fs, 'c', ''), FileExpected, 'c');
        assert.equal(await fs.exists('f'), false);
      });
    });
  }

  for (const [name, move] of Object.entries(moves)) {
    describe(`${name}, to a directory above`, () => {
      it('keeps empty directories, and removes those alone to which nothing comes', async () => {
        const { fs } = subject;
        await plant(fs, 'b/b/x/', 'b/y/', 'b/b/y/');
        await move(fs, 'b', '');
        assert.deepEqual(Object.keys(await contentOf(fs)), ['b', 'b/x', 'b/y', 'y']);
      });

      it('leaves a directory on the way if one like it comes there', async () => {
        const { fs } = subject;
        await plant(fs, 'd/p/q/p/q/f', 'e/p/q/p/q/p/', 'e/p/q/p/q/f');
        await move(fs, 'd/p/q', 'd');
        await move(fs, 'e/p/q', 'e');
        const [without, beside] = [await contentOf(fs, 'd'), await contentOf(fs, 'e')];
        assert.deepEqual(Object.keys(without), ['p', 'p/q', 'p/q/f']);
        assert.deepEqual(Object.keys(beside), ['p', 'p/q', 'p/q/f', 'p/q/p']);
      });

      it('lets a file have the name of a directory that goes, and the other way round', async () => {
        const { fs } = subject;
        await plant(fs, 'b/z/f', 'b/b/z', 'b/y', 'b/b/y/f');
        await move(fs, 'b', '');
        assert.deepEqual(await contentOf(fs), {
          b: null,
          'b/y': null,
          'b/y/f': 'b/b/y/f',
          'b/z': 'b/b/z',
          y: 'b/y',
          z: null,
          'z/f': 'b/z/f',
        });
      });
    });
  }
}
