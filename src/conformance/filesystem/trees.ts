import assert from 'node:assert/strict';
import {
  DirectoryExpected,
  FileExpected,
  IllegalDestination,
  ResourceNotFound,
} from '../../errors/errors.js';
import type { Filesystem } from '../../fs/filesystem.js';
import { mirror } from '../../fs/mirror.js';
import { copyDir, copyFile, copyFS, moveDir, moveFile, moveFS } from '../../fs/transfer.js';
import { rejectionOf, rejectsWith } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';
import { contentOf, fixtureContent, makeFixture } from './fixture.js';

const past = new Date('2001-02-03T04:05:06.789Z');

/** Two directories as filesystems of their own, so that files go from one to the other. */
async function twoOf(fs: Filesystem): Promise<[Filesystem, Filesystem]> {
  await fs.makeDir('one');
  await fs.makeDir('two');
  return [await fs.openDir('one'), await fs.openDir('two')];
}

export function describeTrees({ describe, it }: TestRunner, subject: Subject): void {
  for (const method of ['copyDir', 'moveDir'] as const) {
    describe(method, () => {
      it('brings all that is in a directory, empty ones too', async () => {
        const { fs } = subject;
        await makeFixture(fs, 'src');
        await fs.makeDir('dst');
        await fs[method]('src', 'dst');
        assert.deepEqual(await contentOf(fs, 'dst'), fixtureContent);
        assert.equal(await fs.exists('src'), method === 'copyDir');
        if (method === 'copyDir') assert.deepEqual(await contentOf(fs, 'src'), fixtureContent);
      });

      it('makes the destination only when told', async () => {
        const { fs } = subject;
        await makeFixture(fs, 'src');
        await rejectsWith(fs[method]('src', 'dst'), ResourceNotFound, 'dst');
        await fs[method]('src', 'dst', { create: true });
        assert.deepEqual(await contentOf(fs, 'dst'), fixtureContent);
      });

      it('merges into what is there, and replaces files', async () => {
        const { fs } = subject;
        await makeFixture(fs, 'src');
        await fs.makeDirs('dst/a/b');
        await fs.write('dst/a/one.txt', 'old');
        await fs.write('dst/a/b/kept', 'kept');
        await fs[method]('src', 'dst', { create: true });
        assert.deepEqual(await contentOf(fs, 'dst'), { ...fixtureContent, 'a/b/kept': 'kept' });
      });

      it('refuses a source that is missing or a file, and a destination that is one', async () => {
        const { fs } = subject;
        await fs.write('f', 'x');
        await fs.makeDir('d');
        await rejectsWith(fs[method]('x', 'd'), ResourceNotFound, 'x');
        await rejectsWith(fs[method]('f', 'd'), DirectoryExpected, 'f');
        await rejectsWith(fs[method]('d', 'f'), DirectoryExpected, 'f');
        await rejectsWith(fs[method]('d', 'f', { create: true }), DirectoryExpected, 'f');
        assert.deepEqual(await contentOf(fs), { d: null, f: 'x' });
      });

      it('refuses to go below itself', async () => {
        const { fs } = subject;
        await makeFixture(fs, 'src');
        for (const below of ['src/a', 'src/new', 'src/a/../a/b']) {
          await rejectsWith(fs[method]('src', below, { create: true }), IllegalDestination);
        }
        await rejectsWith(fs[method]('', 'src', { create: true }), IllegalDestination, 'src');
        assert.deepEqual(await contentOf(fs, 'src'), fixtureContent);
      });

      it('destroys neither side where a file meets a directory', async () => {
        const { fs } = subject;
        await fs.makeDirs('src/d');
        await fs.write('src/d/f', 'new');
        await fs.makeDir('dst');
        await fs.write('dst/d', 'a file');
        await rejectsWith(fs[method]('src', 'dst'), DirectoryExpected, 'dst/d');
        assert.deepEqual(await contentOf(fs), {
          dst: null,
          'dst/d': 'a file',
          src: null,
          'src/d': null,
          'src/d/f': 'new',
        });
        await rejectsWith(fs[method]('dst', 'src'), FileExpected, 'src/d');
        assert.equal(await fs.readText('dst/d'), 'a file');
        assert.equal(await fs.readText('src/d/f'), 'new');
      });

      it('is not led astray by a name that begins alike', async () => {
        const { fs } = subject;
        await makeFixture(fs, 'src');
        await fs[method]('src', 'src-2', { create: true });
        assert.deepEqual(await contentOf(fs, 'src-2'), fixtureContent);
      });
    });
  }

  describe('copyDir', () => {
    it('refuses to go onto itself', async () => {
      const { fs } = subject;
      await makeFixture(fs, 'src');
      await rejectsWith(fs.copyDir('src', './src', { create: true }), IllegalDestination, 'src');
      assert.deepEqual(await contentOf(fs, 'src'), fixtureContent);
    });

    it('brings times only when told', async () => {
      const { fs } = subject;
      await fs.makeDir('src');
      await fs.write('src/f', 'x');
      await fs.setInfo('src/f', { modified: past });
      await fs.copyDir('src', 'plain', { create: true });
      await fs.copyDir('src', 'kept', { create: true, preserveTime: true });
      assert.notDeepEqual((await fs.getInfo('plain/f')).modified, past);
      if (fs.getMeta().setTimes) assert.deepEqual((await fs.getInfo('kept/f')).modified, past);
    });
  });

  describe('moveDir', () => {
    it('does nothing onto itself', async () => {
      const { fs } = subject;
      await makeFixture(fs, 'src');
      await fs.write('f', 'x');
      await fs.moveDir('src', './src');
      assert.deepEqual(await contentOf(fs, 'src'), fixtureContent);
      await rejectsWith(fs.moveDir('f', 'f'), DirectoryExpected, 'f');
      await rejectsWith(fs.moveDir('x', 'x'), ResourceNotFound, 'x');
    });

    it('moves a directory up to where it is', async () => {
      const { fs } = subject;
      await makeFixture(fs, 'd/src');
      await fs.moveDir('d/src', '');
      assert.deepEqual(await contentOf(fs), { ...fixtureContent, d: null });
    });
  });

  describe('between two filesystems', () => {
    it('copyFS brings everything, and moveFS takes it from the source', async () => {
      const [one, two] = await twoOf(subject.fs);
      await makeFixture(one);
      await copyFS(one, two);
      assert.deepEqual(await contentOf(two), fixtureContent);
      assert.deepEqual(await contentOf(one), fixtureContent);
      await two.removeTree('');
      await moveFS(one, two);
      assert.deepEqual([await contentOf(one), await contentOf(two)], [{}, fixtureContent]);
    });

    it('copyDir and moveDir bring one directory to another', async () => {
      const [one, two] = await twoOf(subject.fs);
      await makeFixture(one, 'src');
      await copyDir(one, 'src', two, 'dst', { concurrency: 1 });
      await moveDir(one, 'src', two, 'moved', { concurrency: 8 });
      assert.deepEqual(await contentOf(two, 'dst'), fixtureContent);
      assert.deepEqual(await contentOf(two, 'moved'), fixtureContent);
      assert.deepEqual(await contentOf(one), {});
      await rejectsWith(copyDir(one, 'x', two, 'y'), ResourceNotFound, 'x');
      await rejectsWith(copyDir(two, 'dst', two, 'dst/a'), IllegalDestination, 'dst/a');
    });

    it('copyFile and moveFile bring one file, its media type included', async () => {
      const [one, two] = await twoOf(subject.fs);
      const bytes = Buffer.alloc(700_000, 'large');
      await one.write('f', bytes, { contentType: 'text/x-test' });
      assert.equal(await copyFile(one, 'f', two, 'g'), true);
      assert.ok((await two.readBytes('g')).equals(bytes));
      assert.equal((await two.getInfo('g')).contentType, (await one.getInfo('f')).contentType);
      if (!two.getMeta().makesParents) {
        await rejectsWith(moveFile(one, 'f', two, 'no/h'), ResourceNotFound, 'no/h');
      }
      assert.equal(await one.exists('f'), true);
      await moveFile(one, 'f', two, 'h');
      assert.deepEqual([await one.listDir(''), await two.listDir('')], [[], ['g', 'h']]);
      await rejectsWith(copyFile(one, 'f', two, 'g'), ResourceNotFound, 'f');
      assert.ok((await two.readBytes('g')).equals(bytes));
    });

    it('mirror makes the one like the other', async () => {
      const [one, two] = await twoOf(subject.fs);
      await makeFixture(one);
      await two.makeDirs('extra/dir');
      await two.makeDirs('top.txt/was/a/directory');
      await two.write('a', 'was a file');
      await two.write('extra/dir/f', 'x');
      await mirror(one, two);
      assert.deepEqual(await contentOf(two), fixtureContent);
      await mirror(one, two);
      assert.deepEqual([await contentOf(one), await contentOf(two)], [fixtureContent, fixtureContent]);
    });

    it('stops when it is aborted, with the reason, and leaves whole files', async () => {
      const [one, two] = await twoOf(subject.fs);
      await makeFixture(one);
      const reason = new Error('enough');
      const abort = new AbortController();
      const options = { signal: abort.signal, concurrency: 1, onProgress: () => abort.abort(reason) };
      assert.equal(await rejectionOf(copyFS(one, two, options)), reason);
      assert.deepEqual(await contentOf(one), fixtureContent);
      const files = Object.values(await contentOf(two)).filter((text) => text !== null);
      assert.equal(files.length, 1);
      assert.equal(await rejectionOf(copyFS(one, two, options)), reason);
    });
  });
}
