/**
 * Metrics of several processes, whichever of them is scraped: the worker that
 * got the request asks the primary, which asks all workers and adds up.
 */
import { randomUUID } from 'node:crypto';
import type { Exposition, Metrics, MetricsSnapshot } from './metrics.js';
import { exposeTogether } from './metrics.js';

/** A worker that does not answer in this time is left out. */
const PATIENCE_MS = 2_000;

type Message =
  | { type: 'mayfly:scrape'; id: string }
  | { type: 'mayfly:scraped'; id: string; exposition: Exposition }
  | { type: 'mayfly:collect'; id: string }
  | { type: 'mayfly:collected'; id: string; snapshot: MetricsSnapshot };

/** The other end of a channel between two processes. */
export interface Peer {
  send(message: Message): void;
  onMessage(listener: (message: unknown) => void): () => void;
}

const primary: Peer = {
  send: (message) => {
    process.send?.(message);
  },
  onMessage: (listener) => {
    process.on('message', listener);
    return () => process.off('message', listener);
  },
};

/** In a worker: answer what the primary asks. */
export function answerCollections(metrics: Pick<Metrics, 'snapshot'>): void {
  primary.onMessage((message) => {
    if (!isMessage(message) || message.type !== 'mayfly:collect') return;
    const { id } = message;
    // A process that ends has nobody to tell, and nothing to say.
    metrics.snapshot().then(
      (snapshot) => process.connected && primary.send({ type: 'mayfly:collected', id, snapshot }),
      () => {},
    );
  });
}

/** In a worker: the numbers of all. @throws Error the primary does not answer */
export async function askPrimaryForMetrics(): Promise<Exposition> {
  const id = randomUUID();
  const answer = waitFor(primary, 2 * PATIENCE_MS, (message) =>
    message.type === 'mayfly:scraped' && message.id === id ? message.exposition : null,
  );
  primary.send({ type: 'mayfly:scrape', id });
  const exposition = await answer;
  if (exposition === null) throw new Error('the primary process does not answer');
  return exposition;
}

/** In the primary: answer a worker's wish for the numbers of all. */
export function answerScrapes(
  worker: Peer,
  peers: () => readonly Peer[],
  metrics: Pick<Metrics, 'snapshot'>,
): void {
  worker.onMessage((message) => {
    if (!isMessage(message) || message.type !== 'mayfly:scrape') return;
    const { id } = message;
    collect(peers(), metrics)
      .then((exposition) => worker.send({ type: 'mayfly:scraped', id, exposition }))
      .catch(() => {}); // The worker tells its scraper that it was not answered.
  });
}

async function collect(peers: readonly Peer[], own: Pick<Metrics, 'snapshot'>): Promise<Exposition> {
  const id = randomUUID();
  const answers = peers.map((peer) => {
    const answer = waitFor(peer, PATIENCE_MS, (message) =>
      message.type === 'mayfly:collected' && message.id === id ? message.snapshot : null,
    );
    peer.send({ type: 'mayfly:collect', id });
    return answer;
  });
  const snapshots = await Promise.all([own.snapshot(), ...answers]);
  return exposeTogether(snapshots.filter((snapshot) => snapshot !== null));
}

/** @returns null when nothing fitting came in time */
function waitFor<T>(peer: Peer, ms: number, pick: (message: Message) => T | null): Promise<T | null> {
  return new Promise((resolve) => {
    const done = (value: T | null): void => {
      clearTimeout(timer);
      stop();
      resolve(value);
    };
    const timer = setTimeout(() => done(null), ms);
    const stop = peer.onMessage((message) => {
      const picked = isMessage(message) ? pick(message) : null;
      if (picked !== null) done(picked);
    });
  });
}

function isMessage(message: unknown): message is Message {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    typeof message.type === 'string' &&
    message.type.startsWith('mayfly:')
  );
}
