/** A clock of the user's that tells no time. */
import { expect, it } from '@jest/globals';
import { createMayfly } from '../../src/index.js';
import { Site } from '../support/http.js';

it.each<[string, () => unknown, string]>([
  ['a Date', () => new Date(), 'TypeError'],
  ['nothing', () => undefined, 'TypeError'],
  ['text', () => '0', 'TypeError'],
  ['NaN', () => Number.NaN, 'RangeError'],
  ['infinity', () => Number.POSITIVE_INFINITY, 'RangeError'],
])('one that gives %s sets no deadline, and purges nothing', async (_, clock, name) => {
  let isRight = true;
  const mayfly = createMayfly({
    storage: { type: 'memoryfs', urlRoot: '/files' },
    purge: false,
    clock: () => (isRight ? Date.now() : (clock() as number)),
  });
  const files = mayfly.getFilesystem('ns');
  await files.write('kept', 'x');
  isRight = false;
  const refused = { name, message: expect.stringContaining('clock must return ms since the epoch') };
  await expect(files.expire('kept', 60)).rejects.toMatchObject(refused);
  await expect(files.write('mortal', 'x', { seconds: 60 })).rejects.toMatchObject(refused);
  await expect(mayfly.expireObjects()).rejects.toMatchObject(refused);
  const site = await Site.open(mayfly.handler());
  const put = await site.fetch('/files/ns/put', { method: 'PUT', body: 'x' });
  expect(put.status).toBe(500);
  await site.close();
  isRight = true;
  expect(await mayfly.expireObjects()).toMatchObject({ removed: 0 });
  expect(await files.listDir('')).toEqual(['kept']);
  await mayfly.close();
});
