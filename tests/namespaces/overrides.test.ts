/** Backends of which a subclass, or a test, has made something else: it is asked, whatever faster ways there are. */
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Filesystem, Mayfly, NamespaceFS } from '../../src/index.js';
import {
  createMayfly,
  InsufficientStorage,
  MemoryFS,
  MountFS,
  OSFS,
  PermissionDenied,
} from '../../src/index.js';
import { Site } from '../support/http.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let mayfly: Mayfly;
let files: NamespaceFS;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await mayfly.close();
  await directory.remove();
});

function open(filesystem: Filesystem): void {
  mayfly = createMayfly({ storage: { filesystem, urlRoot: '/files' }, purge: false });
  files = mayfly.getFilesystem('ns');
}

type Write = Parameters<Filesystem['write']>;

class FullDisk extends OSFS {
  override async write(path: string): Promise<never> {
    throw new InsufficientStorage(path);
  }
}
class FullMemory extends MemoryFS {
  override async write(path: string): Promise<never> {
    throw new InsufficientStorage(path);
  }
}
class LoudDisk extends OSFS {
  override async write(...[path, , options]: Write) {
    return super.write(path, path.toUpperCase(), options);
  }
}
class LoudMemory extends MemoryFS {
  override async write(...[path, , options]: Write) {
    return super.write(path, path.toUpperCase(), options);
  }
}
class StuckDisk extends OSFS {
  override async remove(path: string): Promise<void> {
    throw new PermissionDenied(path);
  }
}
class StuckMemory extends MemoryFS {
  override async remove(path: string): Promise<void> {
    throw new PermissionDenied(path);
  }
}

describe.each<[string, () => Filesystem, () => Filesystem, () => Filesystem, () => Filesystem]>([
  [
    'OSFS',
    () => new FullDisk(directory.path),
    () => new LoudDisk(directory.path, { durable: false }),
    () => new StuckDisk(directory.path),
    () => new OSFS(directory.path),
  ],
  ['MemoryFS', () => new FullMemory(), () => new LoudMemory(), () => new StuckMemory(), () => new MemoryFS()],
])('a subclass of %s', (_, full, loud, stuck, plain) => {
  it('with a write that fails fails all that writes, and leaves nothing', async () => {
    open(full());
    await expect(files.write('a', 'x')).rejects.toMatchObject({ code: 'InsufficientStorage', path: 'a' });
    const site = await Site.open(mayfly.handler());
    const put = await site.fetch('/files/ns/a', { method: 'PUT', body: 'x' });
    const form = new FormData();
    form.append('file', new Blob(['x']), 'a');
    const post = await site.fetch('/files/ns', { method: 'POST', body: form });
    await site.close();
    expect([put.status, post.status, await files.listDir('')]).toEqual([507, 507, []]);
  });

  it('with a write of its own has that store what is written, with its deadline', async () => {
    open(loud());
    await files.write('a', 'x', { seconds: 60 });
    await files.write('a', 'y');
    expect([await files.readText('a'), await files.getExpiration('a')]).toEqual(['NS/A', expect.any(Date)]);
    await expect(files.write('a', 'z', { overwrite: false })).rejects.toMatchObject({ code: 'FileExists' });
  });

  it('with a remove that fails fails a purge', async () => {
    open(stuck());
    await files.write('a', 'x', { seconds: 1 });
    const report = await mayfly.expireObjects({ now: new Date(Date.now() + 2000) });
    expect(report).toMatchObject({ removed: 0, failed: 1 });
    expect(await files.readText('a')).toBe('x');
  });

  it('made by a test, method by method, is asked as well', async () => {
    const filesystem = plain();
    const [getInfo, openRead] = [jest.spyOn(filesystem, 'getInfo'), jest.spyOn(filesystem, 'openRead')];
    open(filesystem);
    await files.write('a', 'x');
    const site = await Site.open(mayfly.handler());
    expect(await (await site.fetch('/files/ns/a')).text()).toBe('x');
    await site.close();
    expect(getInfo).toHaveBeenCalled();
    expect(openRead).toHaveBeenCalledWith('ns/a', expect.anything());
  });
});

describe.each<
  [string, (staging: (fs: Filesystem, args: Write) => ReturnType<Filesystem['write']>) => Filesystem]
>([
  [
    'OSFS',
    (staging) => {
      class Staging extends OSFS {
        override write(...args: Write) {
          return staging(this, args);
        }
      }
      return new Staging(directory.path);
    },
  ],
  [
    'MemoryFS',
    (staging) => {
      class Staging extends MemoryFS {
        override write(...args: Write) {
          return staging(this, args);
        }
      }
      return new Staging();
    },
  ],
])('a write of a subclass of %s', (_, make) => {
  it('may stage and publish by itself, and is asked once for each file, by a directory or a mount as well', async () => {
    const paths: string[] = [];
    const filesystem = make(async (fs, [path, source, options]) => {
      paths.push(path);
      const staged = await fs.stage(path, source, options);
      return staged.publish(path, { overwrite: options?.overwrite ?? true });
    });
    await filesystem.makeDir('ns');
    open(filesystem);
    await files.write('a', 'x');
    const inner = await filesystem.openDir('ns');
    await (await inner.stage('b', 'y')).publish('b');
    const mounts = new MountFS();
    mounts.mount('at', filesystem);
    await (await mounts.stage('at/ns/c', 'z')).publish('at/ns/c');
    expect(paths).toEqual(['ns/a', 'ns/b', 'ns/c']);
    expect(await Promise.all(['a', 'b', 'c'].map((path) => files.readText(path)))).toEqual(['x', 'y', 'z']);
  });

  it('can not publish a staged file twice, nor one that was discarded', async () => {
    open(make((fs, args) => (fs instanceof OSFS ? OSFS : MemoryFS).prototype.write.apply(fs as never, args)));
    const [once, discarded] = [await files.stage('a', 'x'), await files.stage('b', 'y')];
    await once.publish('a');
    await discarded.discard();
    for (const staged of [once, discarded])
      await expect(staged.publish('c')).rejects.toMatchObject({ code: 'ResourceNotFound' });
    expect(await files.listDir('')).toEqual(['a']);
  });
});

it('what a write was told of a file reaches the write of a subclass', async () => {
  open(new LoudMemory());
  await files.write('a', 'x', { contentType: 'image/png', filename: 'ä.png' });
  expect(await files.getInfo('a')).toMatchObject({ contentType: 'image/png', filename: 'ä.png' });
});

it('what is overridden that a namespace asks anyway leaves namespaces of a disk closed to links', async () => {
  class Named extends OSFS {
    override identify(options?: { create?: boolean }) {
      return super.identify(options);
    }
    override toString() {
      return 'Named';
    }
  }
  open(new Named(directory.path));
  await files.write('a', 'x');
  await mayfly.getFilesystem('other').write('secret', 'y');
  await symlink('../other', join(directory.path, 'ns/link'));
  expect(await files.exists('link/secret')).toBe(false);
});
