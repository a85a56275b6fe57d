/** However fast an OSFS answers: who calls it again and again leaves the event loop its turns. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OSFS } from '../../src/backends/disk/disk-filesystem.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const CALLS = 100;

let root: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: root, remove } = await temporaryDirectory());
  // Every look at the clock takes a ms, so that how fast the machine is makes no difference.
  let now = 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => now++);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await remove();
});

/** How often the event loop turns during `work`. */
async function turnsDuring(work: () => Promise<void>): Promise<number> {
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  await work();
  clearImmediate(next);
  return turns;
}

type Work = (fs: OSFS, i: number) => Promise<unknown>;

describe.each([true, false])('the event loop turns, durable %s, during a loop of', (durable) => {
  it.each<[string, Work]>([
    ['writes', (fs, i) => fs.writeText(`d/${i}`, 'x')],
    ['writes over a file', (fs) => fs.writeText('d/f', 'x')],
    ['writes that replace nothing', (fs, i) => fs.writeText(`d/${i}`, 'x', { overwrite: false })],
    ['reads', (fs) => fs.readText('d/f')],
    ['getInfo', (fs) => fs.getInfo('d/f')],
    ['exists', (fs) => fs.exists('d/missing')],
    ['openDir', (fs) => fs.openDir('d')],
    ['listDir', (fs) => fs.listDir('d')],
    ['identify', (fs) => fs.identify()],
  ])('%s', async (_, work) => {
    const fs = new OSFS(root, { durable });
    await fs.makeDirs('d');
    await fs.writeText('d/f', 'x');
    await fs.identify({ create: true });
    const turns = await turnsDuring(async () => {
      for (let i = 0; i < CALLS; i++) await work(fs, i);
    });
    expect(turns).toBeGreaterThan(CALLS / 10);
  });
});
