import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { TurnQueue } from '../../src/clock/turn-queue.js';

/** Does so many at a time, and notes them. */
function queueOf(most: number): { queue: TurnQueue<string>; served: string[][] } {
  const served: string[][] = [];
  const queue = new TurnQueue<string>(
    (tasks) => served.push(tasks.slice(0, most)) && Math.min(most, tasks.length),
  );
  return { queue, served };
}

it('what is asked for in one turn is done together, when it ends', async () => {
  const { queue, served } = queueOf(10);
  queue.add('a');
  await Promise.resolve();
  queue.add('b');
  expect([served, queue.isEmpty]).toEqual([[], false]);
  await turn();
  expect([served, queue.isEmpty]).toEqual([[['a', 'b']], true]);
  queue.add('c');
  await turn();
  expect(served).toEqual([['a', 'b'], ['c']]);
});

it('what is left of it is done in the next turns, in order, with what has come since behind it', async () => {
  const { queue, served } = queueOf(2);
  for (const task of ['a', 'b', 'c']) queue.add(task);
  await turn();
  queue.add('d');
  expect(served).toEqual([['a', 'b']]);
  await queue.idle();
  expect(served).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

it('drain does all at once that waits, and nothing is done twice', async () => {
  const { queue, served } = queueOf(1);
  for (const task of ['a', 'b', 'c']) queue.add(task);
  queue.drain();
  expect([served, queue.isEmpty]).toEqual([[['a'], ['b'], ['c']], true]);
  queue.add('d');
  await queue.idle();
  await turn();
  expect(served).toEqual([['a'], ['b'], ['c'], ['d']]);
});

it('drain within a task leaves what waits to the turn', async () => {
  const served: string[] = [];
  const queue: TurnQueue<string> = new TurnQueue(([task]) => {
    served.push(String(task));
    queue.drain();
    return 1;
  });
  queue.add('a');
  queue.add('b');
  await turn();
  expect(served).toEqual(['a']);
  await queue.idle();
  expect(served).toEqual(['a', 'b']);
});
