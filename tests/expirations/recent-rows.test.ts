import { describe, expect, it } from '@jest/globals';
import type { Expiration, FileKey } from '../../src/expirations/expiration.js';
import { RecentRows } from '../../src/expirations/recent-rows.js';

const key = (path: string): FileKey => ({ namespace: 'n', path });

/** A database whose answers come when the test says so, and a clock that it moves. */
function setUp() {
  const deadlines = new Map<string, number>();
  const queries: { paths: string[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const clock = { now: 0 };
  const read = (keys: readonly FileKey[]): Promise<(Expiration | null)[]> => {
    // As a database does: what is there when the query arrives.
    const rows = keys.map(({ namespace, path }) => {
      const deadline = deadlines.get(path);
      if (deadline === undefined) return null;
      return { namespace, path, deadline, intent: null, seen: true, failures: 0, generation: 1 };
    });
    return new Promise((resolve, reject) => {
      const paths = keys.map(({ path }) => path);
      queries.push({ paths, answer: () => resolve(rows), fail: reject });
    });
  };
  const recent = new RecentRows(read, () => clock.now);
  const ask = async (...paths: string[]): Promise<(number | null)[]> =>
    (await recent.find(paths.map(key))).map((row) => row?.deadline ?? null);
  const asked = async (...paths: string[]): Promise<(number | null)[]> => {
    const answer = ask(...paths);
    await settled();
    queries.at(-1)?.answer();
    return answer;
  };
  return { deadlines, queries, clock, recent, ask, asked };
}

/** Let all that can go on go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('recent rows', () => {
  it('are told for less than a second from when their query was sent, missing ones too', async () => {
    const { deadlines, queries, clock, ask, asked } = setUp();
    deadlines.set('a', 1);
    expect(await asked('a', 'none')).toEqual([1, null]);
    deadlines.set('a', 2);
    deadlines.set('none', 3);
    clock.now = 999;
    expect(await ask('a', 'none')).toEqual([1, null]);
    expect(queries).toHaveLength(1);
    clock.now = 1000;
    expect(await asked('a', 'none')).toEqual([2, 3]);
  });

  it('age from the sending of the query, not from its answer', async () => {
    const { deadlines, queries, clock, ask, asked } = setUp();
    deadlines.set('a', 1);
    const slow = ask('a');
    await settled();
    clock.now = 900;
    queries[0]?.answer();
    expect(await slow).toEqual([1]);
    deadlines.set('a', 2);
    clock.now = 1000;
    expect(await asked('a')).toEqual([2]);
  });

  it('are forgotten when this instance has changed them', async () => {
    const { deadlines, recent, asked } = setUp();
    deadlines.set('a', 1);
    await asked('a');
    deadlines.set('a', 2);
    recent.changed([key('a')]);
    expect(await asked('a')).toEqual([2]);
  });

  it('whose answer comes after an own change, to a query sent before it, are not kept', async () => {
    const { deadlines, queries, recent, ask, asked } = setUp();
    deadlines.set('a', 1);
    const before = ask('a');
    await settled();
    deadlines.set('a', 2);
    recent.changed([key('a')]);
    queries[0]?.answer();
    expect(await before).toEqual([1]);
    await settled();
    expect(await asked('a')).toEqual([2]);
  });

  it('that are being asked for are not joined by who asks after an own change', async () => {
    const { deadlines, queries, recent, ask } = setUp();
    deadlines.set('a', 1);
    const before = ask('a');
    await settled();
    deadlines.set('a', 2);
    recent.changed([key('a')]);
    const after = ask('a');
    queries[0]?.answer();
    expect(await before).toEqual([1]);
    await settled();
    queries[1]?.answer();
    expect(await after).toEqual([2]);
    expect(await ask('a')).toEqual([2]);
  });

  it('are asked for together while a query is under way, each key once', async () => {
    const { queries, ask } = setUp();
    const first = ask('a');
    await settled();
    const others = [ask('b'), ask('c', 'b'), ask('d')];
    await settled();
    expect(queries.map(({ paths }) => paths)).toEqual([['a']]);
    queries[0]?.answer();
    await first;
    await settled();
    expect(queries.map(({ paths }) => paths)).toEqual([['a'], ['b', 'c', 'd']]);
    queries[1]?.answer();
    await Promise.all(others);
  });

  it('are not made of an error, which everybody who waits is told', async () => {
    const { queries, ask, asked } = setUp();
    const [one, two] = [ask('a'), ask('a')];
    const refused = Promise.all([expect(one).rejects.toThrow('down'), expect(two).rejects.toThrow('down')]);
    await settled();
    queries[0]?.fail(new Error('down'));
    await refused;
    expect(queries).toHaveLength(1);
    expect(await asked('a')).toEqual([null]);
  });

  it('are bounded in number, and the oldest go first', async () => {
    const { queries, ask, asked } = setUp();
    for (let i = 0; i < 10_001; i += 500) {
      const paths = Array.from({ length: Math.min(500, 10_001 - i) }, (_, j) => String(i + j));
      await asked(...paths);
    }
    const before = queries.length;
    await ask('10000', '5000', '1');
    expect(queries).toHaveLength(before);
    await asked('0');
    expect(queries).toHaveLength(before + 1);
  });
});
