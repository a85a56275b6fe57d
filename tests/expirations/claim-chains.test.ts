import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ClaimChains } from '../../src/expirations/sql/claim-chains.js';

const key = { namespace: 'ns', path: 'hot' };
const other = { namespace: 'ns', path: 'other' };

describe('claims of one key that follow each other', () => {
  let now = 0;
  let chains: ClaimChains;
  beforeEach(() => {
    now = 0;
    chains = new ClaimChains(() => now);
  });

  /** Claim, work for a while and a turn, let go. @returns whether it may be given back late */
  async function use(token: string, keys = [key]): Promise<boolean> {
    const since = chains.since(keys);
    await turn();
    chains.claimed(token, keys, since);
    now += 10;
    const late = chains.mayWait(token);
    chains.left(token);
    return late;
  }

  it('wait for the end of the turn only if they are the first', async () => {
    expect(await use('a')).toBe(true);
    expect(await use('b')).toBe(false);
    expect(await use('c')).toBe(false);
    expect(await use('d', [other])).toBe(true);
    expect(await use('e', [key, other])).toBe(false);
  });

  it('are a chain no more once nobody has wanted the key for a turn', async () => {
    await use('a');
    await use('b');
    await turn();
    expect(await use('c')).toBe(true);
  });

  it('pause when they have gone on for more than a second, and only for keys of theirs', async () => {
    for (let i = 0; i < 100; i++) await use(`early-${i}`);
    expect(chains.pause([key])).toBe(0);
    await use('late');
    expect(chains.pause([key])).toBeGreaterThan(50);
    expect(chains.pause([other, key])).toBeGreaterThan(50);
    expect(chains.pause([other])).toBe(0);
    await turn();
    expect(chains.pause([key])).toBe(0);
  });

  it('may not wait when nothing is known of the claim', () => {
    expect(chains.mayWait('never claimed')).toBe(false);
    chains.left('never claimed');
  });
});
