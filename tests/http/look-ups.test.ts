import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { LookUps } from '../../src/http/look-ups.js';
import type { NamespaceFS } from '../../src/index.js';

/** However long a test takes, it is one moment. */
const standing = (): number => 0;

/** Tells how often it was looked at. */
function counted(): { fs: NamespaceFS; looks: () => number } {
  let looks = 0;
  const servedNow = (): unknown => ({ version: { look: ++looks }, deadline: null });
  return { fs: { namespace: 'ns', servedNow } as unknown as NamespaceFS, looks: () => looks };
}

it('requests of one turn over several connections share a look', async () => {
  const { fs, looks } = counted();
  const lookUps = new LookUps(standing);
  const first = lookUps.get(fs, 'f', new Socket());
  expect(lookUps.get(fs, 'f', new Socket())).toBe(first);
  expect(looks()).toBe(1);
  expect(lookUps.get(fs, 'g', new Socket())).not.toBe(first);
  await turn();
  await turn();
  expect(lookUps.get(fs, 'f', new Socket())).not.toBe(first);
});

it('a second request of a connection, which may be younger, is looked up anew', () => {
  const { fs, looks } = counted();
  const lookUps = new LookUps(standing);
  const socket = new Socket();
  lookUps.get(fs, 'f', socket);
  lookUps.get(fs, 'f', socket);
  lookUps.get(fs, 'f', new Socket());
  expect(looks()).toBe(2);
});

it('a turn that takes long is not one moment', () => {
  const { fs, looks } = counted();
  let now = 0;
  const lookUps = new LookUps(() => now);
  lookUps.get(fs, 'f', new Socket());
  now += 2;
  lookUps.get(fs, 'f', new Socket());
  expect(looks()).toBe(2);
});

it('requests that came over no connection are looked up one by one', () => {
  const { fs, looks } = counted();
  const lookUps = new LookUps(standing);
  lookUps.get(fs, 'f', new PassThrough());
  lookUps.get(fs, 'f', new PassThrough());
  expect(looks()).toBe(2);
});

it('what is not at hand is asked for each time', () => {
  let asked = 0;
  const servedNow = (): null => {
    asked++;
    return null;
  };
  const fs = { namespace: 'ns', servedNow } as unknown as NamespaceFS;
  const lookUps = new LookUps(standing);
  expect([lookUps.get(fs, 'f', new Socket()), lookUps.get(fs, 'f', new Socket())]).toEqual([null, null]);
  expect(asked).toBe(2);
});

it('names one moment to requests of one turn over several connections, and another to the next', async () => {
  const lookUps = new LookUps(standing);
  const socket = new Socket();
  const first = lookUps.moment(socket);
  expect(typeof first).toBe('symbol');
  expect(lookUps.moment(new Socket())).toBe(first);
  expect(lookUps.moment(socket)).not.toBe(first);
  await turn();
  await turn();
  expect(lookUps.moment(new Socket())).not.toBe(first);
  expect(lookUps.moment(new PassThrough())).toBeUndefined();
});
