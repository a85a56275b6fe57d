/** Requests for files on PostgreSQL: no question to the database for each, and no stale answer of one's own. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import request from 'supertest';
import type { Mayfly, MayflyOptions } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import type { TestMayfly } from '../support/mayflies.js';
import { openOnPostgres } from '../support/mayflies.js';

describe('reading on PostgreSQL', () => {
  let tested: TestMayfly;
  let other: Mayfly;

  beforeEach(async () => {
    tested = await openOnPostgres();
    other = createMayfly(tested.shared as MayflyOptions);
  });

  afterEach(async () => {
    await other.close();
    await tested.cleanup();
  });

  const get = async (mayfly: Mayfly, path = 'a') =>
    (await request(mayfly.handler()).get(`/files/n/${path}`)).status;

  it('tells at the deadline that a file is gone, from what it has read before', async () => {
    await tested.mayfly.getFilesystem('n').write('a', 'x', { seconds: 10 });
    expect(await get(tested.mayfly)).toBe(200);
    tested.clock.advance(10);
    expect(await get(tested.mayfly)).toBe(410);
  });

  it('is never behind what the same instance has changed', async () => {
    const files = tested.mayfly.getFilesystem('n');
    await files.write('a', 'x', { seconds: 0 });
    expect(await get(tested.mayfly)).toBe(410);
    await files.expire('a', 10);
    expect(await get(tested.mayfly)).toBe(200);
    await files.expire('a', 0);
    expect(await get(tested.mayfly)).toBe(410);
    await files.write('a', 'y');
    expect(await get(tested.mayfly)).toBe(200);
    await files.write('b', 'x', { seconds: 0 });
    expect(await get(tested.mayfly, 'b')).toBe(410);
    await files.move('b', 'a', { overwrite: true });
    expect([await get(tested.mayfly), await get(tested.mayfly, 'b')]).toEqual([410, 404]);
    await tested.mayfly.expireObjects();
    expect(await get(tested.mayfly)).toBe(404);
  });

  it('learns within a second what another instance has changed, whose own answer is exact', async () => {
    await tested.mayfly.getFilesystem('n').write('a', 'x', { seconds: 0 });
    expect(await get(other)).toBe(410);
    await tested.mayfly.getFilesystem('n').expire('a', 10);
    expect(await get(tested.mayfly)).toBe(200);
    expect(await other.getFilesystem('n').getExpiration('a')).not.toBeNull();
    while ((await get(other)) !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it('asks the database once for many requests, those for different files included', async () => {
    const files = tested.mayfly.getFilesystem('n');
    for (let i = 0; i < 20; i++) await files.write(`f${i}`, 'x', { seconds: 10 });
    const sent = jest.spyOn(pg.Client.prototype, 'query');
    const statuses = await Promise.all(
      Array.from({ length: 100 }, (_, i) => get(tested.mayfly, `f${i % 20}`)),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(sent.mock.calls.length).toBeLessThan(50);
    sent.mockRestore();
  });
});
