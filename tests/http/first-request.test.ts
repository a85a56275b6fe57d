import { describe, expect, it } from '@jest/globals';
import { Site } from '../support/http.js';
import { STORAGES } from '../support/mayflies.js';

describe.each(STORAGES)('the very first request, %s', (_storage, open) => {
  it.each([
    ['GET', '/files/ns/missing', {}, 404],
    ['HEAD', '/files/ns/missing', {}, 404],
    ['GET', '/files/ns/', { headers: { Accept: 'application/json' } }, 200],
    ['PUT', '/files/ns/new', { body: 'x' }, 201],
    ['DELETE', '/files/ns/missing', {}, 404],
  ])('%s %s finds a storage that nobody has set up yet', async (method, path, init, status) => {
    const { mayfly, cleanup } = await open();
    const site = await Site.open(mayfly.handler({ allow: ['read', 'list', 'upload', 'remove'] }));
    try {
      expect((await site.fetch(path, { method, ...(init as RequestInit) })).status).toBe(status);
    } finally {
      await site.close();
      await cleanup();
    }
  });
});
