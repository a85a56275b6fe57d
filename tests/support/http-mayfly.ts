/** A mayfly of each kind of storage, served. */
import { afterEach, beforeEach, describe } from '@jest/globals';
import type { MayflyOptions, NamespaceFS, RouterOptions } from '../../src/index.js';
import { Site } from './http.js';
import type { TestMayfly } from './mayflies.js';
import { openOnQuickDisk, STORAGES } from './mayflies.js';

export const EVERYTHING: RouterOptions = {
  allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'],
};

export interface ServedMayfly extends TestMayfly {
  /** The namespace that tests work in. */
  ns: NamespaceFS;
  /** Serve with these options; closed after the test. */
  serve(options?: RouterOptions): Promise<Site>;
  /** Paths of all files in the namespace, and what is staged on disk. */
  leftovers(): Promise<string[]>;
}

/** The same tests for every kind of storage, each with a mayfly of its own. */
export function describeServed(
  name: string,
  tests: (served: () => ServedMayfly) => void,
  options: Partial<MayflyOptions> = {},
): void {
  describe.each([...STORAGES, ['osfs, not durable', openOnQuickDisk] as const])(
    `${name}, %s`,
    (storage, open) => {
      // S3 would answer by itself; here the answers are to be ours.
      const delivery: RouterOptions = storage === 's3fs' ? { delivery: 'proxy' } : {};
      let current: ServedMayfly;
      const sites: Site[] = [];

      beforeEach(async () => {
        const opened = await open(options);
        const ns = opened.mayfly.getFilesystem('ns');
        current = {
          ...opened,
          ns,
          serve: async (options) => {
            const site = await Site.open(opened.mayfly.handler({ ...delivery, ...options }));
            sites.push(site);
            return site;
          },
          leftovers: async () => [...(await filesBelow(ns, '')), ...(await opened.staged())],
        };
      });

      afterEach(async () => {
        for (const site of sites.splice(0)) await site.close();
        await current.cleanup();
      });

      tests(() => current);
    },
  );
}

async function filesBelow(fs: NamespaceFS, path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const info of fs.scanDir(path)) {
    if (info.isDir) found.push(...(await filesBelow(fs, info.path)));
    else found.push(info.path);
  }
  return found;
}
