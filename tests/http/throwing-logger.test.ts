import { expect, it } from '@jest/globals';
import type { Info } from '../../src/index.js';
import { createMayfly, MemoryFS } from '../../src/index.js';
import { Site } from '../support/http.js';

/** Fails as nobody has foreseen. */
class Broken extends MemoryFS {
  override async getInfo(path: string): Promise<Info> {
    if (path.endsWith('broken')) throw new Error('a bug');
    return super.getInfo(path);
  }
}

it('a logger that throws keeps no client from its answer', async () => {
  const noSpace = (): never => {
    throw new Error('no space for the log');
  };
  const mayfly = createMayfly({
    storage: { filesystem: new Broken(), urlRoot: '/files' },
    purge: false,
    logger: { debug: noSpace, info: noSpace, warn: noSpace, error: noSpace },
  });
  await mayfly.getFilesystem('ns').write('a', 'x');
  const site = await Site.open(mayfly.handler());
  try {
    expect((await site.fetch('/files/ns/broken', { signal: AbortSignal.timeout(5_000) })).status).toBe(500);
    expect((await site.fetch('/files/ns/a')).status).toBe(200);
  } finally {
    await site.close();
    await mayfly.close();
  }
});
