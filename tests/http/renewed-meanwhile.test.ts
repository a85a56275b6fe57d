/** A file past its deadline that is renewed right after an upload has found it to be past. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Expiration, FileKey, Mayfly, NamespaceFS } from '../../src/index.js';
import { createMayfly, MemoryExpirationStore, MemoryFS } from '../../src/index.js';
import { Site } from '../support/http.js';
import { FakeClock } from '../support/mayflies.js';

/** Runs something right after the rows that it was asked for were read. */
class Interrupted extends MemoryExpirationStore {
  meanwhile: (() => Promise<unknown>) | null = null;

  override async find(keys: readonly FileKey[]): Promise<(Expiration | null)[]> {
    const rows = await super.find(keys);
    const work = this.meanwhile;
    this.meanwhile = null;
    await work?.();
    return rows;
  }
}

describe('a file that is renewed while an upload would take its name', () => {
  let store: Interrupted;
  let mayfly: Mayfly;
  let files: NamespaceFS;
  let site: Site;

  beforeEach(async () => {
    const clock = new FakeClock();
    store = new Interrupted();
    mayfly = createMayfly({
      storage: { filesystem: new MemoryFS(), urlRoot: '/files' },
      expirations: { store },
      purge: false,
      clock: clock.read,
    });
    files = mayfly.getFilesystem('ns');
    site = await Site.open(mayfly.handler({ allow: ['read', 'upload'] }));
    await files.write('a', 'precious', { seconds: 1 });
    clock.advance(1);
  });

  afterEach(async () => {
    await site.close();
    await mayfly.close();
  });

  const upload = async (): Promise<{ files: { path: string }[] }> => {
    const form = new FormData();
    form.append('file', new File(['other'], 'a'));
    const answer = await site.fetch('/files/ns', { method: 'POST', body: form });
    expect(answer.status).toBe(201);
    return (await answer.json()) as { files: { path: string }[] };
  };

  it.each<[string, () => Promise<unknown>]>([
    ['a later deadline', () => files.expire('a', 3600)],
    ['none', () => files.expire('a', 0, 0, false)],
  ])('with %s keeps its content, and the upload gets another name', async (_what, renew) => {
    store.meanwhile = renew;
    expect(await upload()).toMatchObject({ files: [{ path: 'a-1' }] });
    expect(store.meanwhile).toBeNull();
    expect(await files.readText('a')).toBe('precious');
  });

  it('is not replaced by a PUT that may only create', async () => {
    const put = (): Promise<Response> => site.fetch('/files/ns/a', { method: 'PUT', body: 'other' });
    // The first look is at the right to upload, the second at what is in the way.
    store.meanwhile = async () => {
      store.meanwhile = () => files.expire('a', 3600);
    };
    expect((await put()).status).toBe(405);
    expect(await files.readText('a')).toBe('precious');
  });

  it('is replaced when what was renewed is past its deadline again', async () => {
    store.meanwhile = () => files.expire('a', 0);
    expect(await upload()).toMatchObject({ files: [{ path: 'a' }] });
    expect(await files.readText('a')).toBe('other');
    expect(await files.getExpiration('a')).toBeNull();
  });
});
