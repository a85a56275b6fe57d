import { setTimeout as sleep } from 'node:timers/promises';

const TRIES = 1000;

/**
 * What is done at once is done only while the event loop has its turns and the
 * disk is fast: on a busy machine an attempt may come to nothing, and is made again.
 */
export async function atOnce<T>(attempt: () => T | null | Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < TRIES; tries++) {
    const done = await attempt();
    if (done !== null) return done;
    await sleep(5);
  }
  throw new Error('it is not done at once');
}
