import { expect, it } from '@jest/globals';
import type { Peer } from '../../src/server/cluster-metrics.js';
import { answerScrapes } from '../../src/server/cluster-metrics.js';

it('metrics that can not be collected are not answered, and end no process', async () => {
  const unhandled: unknown[] = [];
  const listener = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', listener);
  try {
    const sent: unknown[] = [];
    let hear: (message: unknown) => void = () => {};
    const worker: Peer = {
      send: (message) => void sent.push(message),
      onMessage: (heard) => {
        hear = heard;
        return () => {};
      },
    };
    answerScrapes(worker, () => [], { snapshot: () => Promise.reject(new Error('a broken gauge')) });
    hear({ type: 'mayfly:scrape', id: '1' });
    // What nobody has handled is told after the microtasks.
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
    expect(sent).toEqual([]);
  } finally {
    process.off('unhandledRejection', listener);
  }
});
