/** Directories that go into one above them and meet themselves there: failures halfway, progress and aborts. */
import { describe, expect, it } from '@jest/globals';
import type { CopyOptions, Filesystem, TransferProgress } from '../../src/index.js';
import { copyDir, InvalidPath, MemoryFS, moveDir } from '../../src/index.js';
import { rejectionOf } from '../support/expect-error.js';

/** Fails the moves that it is told to. */
class StuckFS extends MemoryFS {
  stuck: string | null = null;

  override async move(source: string, destination: string, options?: CopyOptions): Promise<void> {
    if (source === this.stuck) throw new Error(`stuck: ${source}`);
    await super.move(source, destination, options);
  }
}

async function planted(...paths: string[]): Promise<StuckFS> {
  const fs = new StuckFS();
  for (const path of paths) {
    await fs.makeDirs(path.slice(0, path.lastIndexOf('/')), { recreate: true });
    await fs.write(path, path);
  }
  return fs;
}

async function filesOf(fs: Filesystem): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { path, isDir } of fs.walk()) if (!isDir) files[path] = await fs.readText(path);
  return files;
}

const paths = ['b/f', 'b/g', 'b/b/f', 'b/b/g', 'b/b/b/f', 'b/b/b/z/f', 'b/z/f'];

describe('a directory that is moved into one above it and meets itself', () => {
  it.each(paths)('loses no file when %s can not be moved', async (stuck) => {
    for (const move of [
      (fs: Filesystem) => fs.moveDir('b', ''),
      (fs: Filesystem) => moveDir(fs, 'b', fs, '', { concurrency: 1 }),
      (fs: Filesystem) => moveDir(fs, 'b', fs, '', { concurrency: 9 }),
    ]) {
      const fs = await planted(...paths);
      fs.stuck = stuck;
      expect(await rejectionOf(move(fs))).toEqual(new Error(`stuck: ${stuck}`));
      expect(Object.values(await filesOf(fs)).sort()).toEqual([...paths].sort());
    }
  });

  it('is completed by a second move where the first had put nothing into it', async () => {
    const fs = await planted(...paths);
    fs.stuck = 'b/g';
    await expect(fs.moveDir('b', '')).rejects.toThrow('stuck');
    fs.stuck = null;
    await fs.moveDir('b', '');
    expect(await filesOf(fs)).toEqual({
      f: 'b/f',
      g: 'b/g',
      'b/f': 'b/b/f',
      'b/g': 'b/b/g',
      'b/b/f': 'b/b/b/f',
      'b/b/z/f': 'b/b/b/z/f',
      'z/f': 'b/z/f',
    });
  });

  it('puts nothing into it while anything of it is left', async () => {
    const fs = await planted(...paths);
    // By somebody else, after its files were moved.
    const removeDir = fs.removeDir.bind(fs);
    fs.removeDir = async (path) => {
      await fs.write('b/z/late', 'late');
      return removeDir(path);
    };
    await expect(fs.moveDir('b', '')).rejects.toMatchObject({ code: 'DirectoryNotEmpty', path: 'b/z' });
    expect(await filesOf(fs)).toMatchObject({ f: 'b/f', 'b/b/f': 'b/b/f', 'b/z/late': 'late' });
    expect(await fs.exists('b/f')).toBe(false);
  });
});

describe('a directory that is moved into one above it', () => {
  it('may have a path so long that nothing in it could lie by the same way', async () => {
    class ShortFS extends MemoryFS {
      override validatePath(path: string): string {
        if (path.length > 12) throw new InvalidPath(path);
        return super.validatePath(path);
      }
    }
    const fs = new ShortFS();
    await fs.makeDirs('long/way');
    await fs.write('long/way/f', 'x');
    await fs.moveDir('long/way', '');
    expect(await filesOf(fs)).toEqual({ f: 'x' });
  });
});

describe.each([
  ['copyDir', copyDir],
  ['moveDir', moveDir],
])('%s into a directory above that it meets itself in', (_, bring) => {
  it('tells of each file once, and counts them all', async () => {
    const fs = await planted(...paths);
    const told: TransferProgress[] = [];
    await bring(fs, 'b', fs, '', { onProgress: (progress) => told.push(progress) });
    expect(told.map(({ source }) => source).sort()).toEqual([...paths].sort());
    expect(told.map(({ destination }) => `b/${destination}`).sort()).toEqual([...paths].sort());
    expect(told.map(({ files }) => files)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('stops between two files when it is aborted', async () => {
    const fs = await planted(...paths);
    const reason = new Error('enough');
    const abort = new AbortController();
    // The last file of all but `b/b`.
    const onProgress = ({ files }: TransferProgress): void => {
      if (files === 3) abort.abort(reason);
    };
    expect(await rejectionOf(bring(fs, 'b', fs, '', { signal: abort.signal, onProgress }))).toBe(reason);
    expect(await filesOf(fs)).toMatchObject({ f: 'b/f', g: 'b/g', 'z/f': 'b/z/f', 'b/b/f': 'b/b/f' });
  });
});
