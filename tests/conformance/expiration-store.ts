/** What every expiration store must do. A store's own test calls it with a factory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FileKey } from '../../src/expirations/expiration.js';
import type { DueRow, DueSelection, ExpirationStore } from '../../src/expirations/expiration-store.js';

export interface StoreUnderTest {
  store: ExpirationStore;
  /** Another holder on the same rows; left out where there can be only one. */
  another?: () => ExpirationStore;
  cleanup?: () => Promise<void>;
}

const key = (path: string, namespace = 'n'): FileKey => ({ namespace, path });

export interface StoreSuiteOptions {
  /** Stores on the same rows can be opened side by side, by `another`; default false. */
  severalHolders?: boolean;
}

export function describeExpirationStore(
  name: string,
  open: () => Promise<StoreUnderTest>,
  { severalHolders = false }: StoreSuiteOptions = {},
): void {
  describe(`${name} as an expiration store`, () => {
    let tested: StoreUnderTest;
    let store: ExpirationStore;
    let tokens = 0;
    const token = (): string => `token-${tokens++}`;

    beforeEach(async () => {
      tested = await open();
      store = tested.store;
    });

    afterEach(async () => {
      await store.close();
      await tested.cleanup?.();
    });

    async function put(path: string, deadline: number, namespace = 'n'): Promise<void> {
      const claim = token();
      await store.claim(claim, [key(path, namespace)]);
      await store.settle(claim, [{ ...key(path, namespace), deadline, intent: null, seen: true }]);
    }

    async function due(now: number, limit = 100): Promise<string[]> {
      const claim = token();
      const rows = await store.claimDue(claim, now, limit, null);
      await store.settle(claim, []);
      return rows.map(({ row }) => row.path);
    }

    it('finds rows by key, in the order asked, with null for what it has not', async () => {
      await put('a', 1);
      await put('b', 2);
      await put('a', 3, 'other');
      const rows = await store.find([key('b'), key('none'), key('a'), key('a', 'other')]);
      expect(rows.map((row) => row?.deadline ?? null)).toEqual([2, null, 1, 3]);
    });

    it('tells paths apart by every character, case and spaces at the end included', async () => {
      const paths = ['a', 'A', 'a ', 'ä', 'a\u0308', 'x'.repeat(1000), '😀', '__proto__', "a'b", 'a"b', 'a%'];
      for (const [i, path] of paths.entries()) await put(path, i);
      const rows = await store.find(paths.map((path) => key(path)));
      expect(rows.map((row) => row?.deadline)).toEqual(paths.map((_, i) => i));
    });

    it('replaces the row of a path and gives it a new generation', async () => {
      await put('a', 1);
      const [first] = await store.find([key('a')]);
      await put('a', 1);
      const [second] = await store.find([key('a')]);
      expect(second?.generation).not.toBe(first?.generation);
      expect(await due(10)).toEqual(['a']);
    });

    it('never gives a generation twice, also after the row is gone', async () => {
      await put('a', 1);
      const [first] = await store.find([key('a')]);
      const claim = token();
      await store.claim(claim, [key('a')]);
      await store.settle(claim, [{ ...key('a'), remove: true }]);
      await put('a', 1);
      const [second] = await store.find([key('a')]);
      expect(second?.generation).toBeGreaterThan(first?.generation as number);
    });

    it('keeps intents, and has a row due at the earlier of both deadlines', async () => {
      const claim = token();
      await store.claim(claim, [key('a'), key('b')]);
      await store.settle(claim, [
        { ...key('a'), deadline: null, intent: { deadline: 5, before: null }, seen: false },
        { ...key('b'), deadline: 3, intent: { deadline: null, before: '"etag"' }, seen: true },
      ]);
      const rows = await store.find([key('a'), key('b')]);
      expect(rows.map((row) => [row?.deadline, row?.intent])).toEqual([
        [null, { deadline: 5, before: null }],
        [3, { deadline: null, before: '"etag"' }],
      ]);
      expect(await due(4)).toEqual(['b']);
      expect(await due(5)).toEqual(['b', 'a']);
    });

    it('keeps whether a file was seen', async () => {
      const claim = token();
      await store.claim(claim, [key('a'), key('b')]);
      await store.settle(claim, [
        { ...key('a'), deadline: 1, intent: null, seen: true },
        { ...key('b'), deadline: 2, intent: null, seen: false },
      ]);
      expect((await store.find([key('a'), key('b')])).map((row) => row?.seen)).toEqual([true, false]);
      const due = await store.claimDue(token(), 2, 10, null);
      expect(due.map(({ row }) => row.seen)).toEqual([true, false]);
    });

    it('claims what is due at the moment and before, by due time, and nothing later', async () => {
      await put('late', 101);
      await put('exact', 100);
      await put('early', 1);
      expect(await due(100)).toEqual(['early', 'exact']);
      expect(await due(0)).toEqual([]);
    });

    it('goes on after a position, through rows that are due at the same moment', async () => {
      for (let i = 0; i < 7; i++) await put(`f${i}`, 50);
      const seen: string[] = [];
      const claim = token();
      for (let after = null, rows = await store.claimDue(claim, 50, 3, after); rows.length > 0; ) {
        seen.push(...rows.map(({ row }) => row.path));
        rows = await store.claimDue(claim, 50, 3, rows.at(-1)?.position ?? null);
      }
      expect(seen).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6']);
    });

    it('does not claim due rows twice until they are given back', async () => {
      await put('a', 1);
      const first = token();
      expect(await store.claimDue(first, 1, 10, null)).toHaveLength(1);
      expect(await due(1)).toEqual([]);
      await store.settle(first, []);
      expect(await due(1)).toEqual(['a']);
    });

    it('shows what was settled lazily at once, to whatever asks', async () => {
      const settle = async (path: string, deadline: number): Promise<void> => {
        const claim = token();
        await store.claim(claim, [key(path)]);
        const change = { ...key(path), deadline, intent: null, seen: true };
        await store.settle(claim, [change], { lazy: true, durable: false });
      };
      await settle('a', 1);
      expect((await store.find([key('a')]))[0]?.deadline).toBe(1);
      await settle('b', 2);
      expect(await store.findBelow('n', '', '', 10)).toEqual(['a', 'b']);
      await settle('c', 3);
      expect(await store.overdue(3)).toEqual({ count: 3, oldest: 1 });
      await settle('d', 4);
      expect(await due(4)).toEqual(['a', 'b', 'c', 'd']);
      await settle('e', 5);
      const [claimed] = (await store.claim(token(), [key('e')])) ?? [];
      expect(claimed?.deadline).toBe(5);
      await settle('f', 6);
      const newest = await store.newestGeneration();
      expect((await store.find([key('f')]))[0]?.generation).toBe(newest);
    });

    it('makes no change under a claim that was taken over meanwhile', async () => {
      const [early, late] = [token(), token()];
      await store.claim(early, [key('a')]);
      await store.claim(late, [key('a')]);
      const change = { ...key('a'), deadline: 1, intent: null, seen: true };
      await store.settle(early, [change], { lazy: true, durable: false }).catch(() => {});
      expect(await store.find([key('a')])).toEqual([null]);
      await store.settle(late, [{ ...change, deadline: 2 }]);
      expect((await store.find([key('a')]))[0]?.deadline).toBe(2);
    });

    it('settles only the row of the generation that is named', async () => {
      await put('a', 1);
      await put('b', 1);
      const claim = token();
      const rows = await store.claimDue(claim, 1, 10, null);
      await put('a', 99);
      const changes = rows.map(({ row }) => ({
        ...key(row.path),
        ifGeneration: row.generation,
        remove: true as const,
      }));
      await store.settle(claim, changes);
      const left = await store.find([key('a'), key('b')]);
      expect(left.map((row) => row?.deadline ?? null)).toEqual([99, null]);
    });

    it('tells which of the named generations it has changed', async () => {
      await put('a', 1);
      await put('b', 1);
      const claim = token();
      const [a, b] = (await store.claimDue(claim, 1, 10, null)).map(({ row }) => row);
      await put('b', 99);
      const changed = await store.settle(claim, [
        { ...key('a'), ifGeneration: a?.generation as number, deadline: 5, intent: null, seen: true },
        { ...key('b'), ifGeneration: b?.generation as number, remove: true },
        { ...key('none'), ifGeneration: 1e9, retryAt: 5 },
      ]);
      expect([...changed]).toEqual([a?.generation]);
      expect((await store.find([key('a'), key('b')])).map((row) => row?.deadline)).toEqual([5, 99]);
    });

    it('changes nothing without a claim that holds, unless a generation is named', async () => {
      await put('a', 1);
      const claim = token();
      await store.claim(claim, [key('b')]);
      const settled = store.settle(claim, [
        { ...key('b'), deadline: 7, intent: null, seen: true },
        { ...key('a'), remove: true },
      ]);
      await expect(settled).rejects.toMatchObject({ code: 'RemoteConnectionError' });
      const left = await store.find([key('a'), key('b')]);
      expect(left.map((row) => row?.deadline ?? null)).toEqual([1, null]);
      await store.settle(claim, []);
    });

    it('knows that a claim of its own holds', async () => {
      const claim = token();
      await store.claim(claim, [key('a')]);
      expect(await store.isHeld(claim)).toBe(true);
    });

    describe('rows that failed', () => {
      /** Let a purge at `now` fail on what is due. */
      async function fail(now: number, retryAt: number, selection?: DueSelection): Promise<void> {
        const claim = token();
        const due = await store.claimDue(claim, now, 100, null, selection);
        const changes = due.map(({ row }) => ({ ...key(row.path), ifGeneration: row.generation, retryAt }));
        await store.settle(claim, changes);
      }

      async function failed(now: number, selection: DueSelection): Promise<string[]> {
        const claim = token();
        const rows = await store.claimDue(claim, now, 100, null, selection);
        await store.settle(claim, []);
        return rows.map(({ row }) => row.path);
      }

      it('are kept apart from fresh ones, and ripe when their time has come', async () => {
        await put('a', 1);
        await fail(1, 50);
        await put('b', 2);
        expect(await due(49)).toEqual(['b']);
        expect(await failed(49, 'ripe')).toEqual([]);
        expect(await failed(50, 'ripe')).toEqual(['a']);
      });

      it('keep their deadline, are counted, and get a new generation', async () => {
        await put('a', 1);
        const [before] = await store.find([key('a')]);
        await fail(1, 50);
        await fail(50, 90, 'ripe');
        const [after] = await store.find([key('a')]);
        expect(after).toMatchObject({ deadline: 1, intent: null, seen: true, failures: 2 });
        expect(after?.generation).toBeGreaterThan(before?.generation as number);
      });

      it('can be claimed before, but not those that failed after a generation was the newest', async () => {
        await put('a', 1);
        await fail(1, 50);
        const failedUpTo = await store.newestGeneration();
        expect(await failed(2, { failedUpTo })).toEqual(['a']);
        await put('b', 1);
        await fail(2, 50);
        expect(await failed(2, { failedUpTo })).toEqual(['a']);
        await fail(2, 60, { failedUpTo });
        expect(await failed(2, { failedUpTo })).toEqual([]);
        expect(await failed(2, { failedUpTo: await store.newestGeneration() })).toEqual(['b', 'a']);
      });

      it.each<[string, DueSelection]>([
        ['ripe', 'ripe'],
        ['failed', { failedUpTo: 1e9 }],
      ])('are gone through page by page (%s)', async (_name, selection) => {
        for (let i = 0; i < 7; i++) await put(`f${i}`, i);
        await fail(10, 50);
        const seen: string[] = [];
        const claim = token();
        for (
          let after = null, rows = await store.claimDue(claim, 50, 3, after, selection);
          rows.length > 0;
        ) {
          seen.push(...rows.map(({ row }) => row.path));
          rows = await store.claimDue(claim, 50, 3, rows.at(-1)?.position ?? null, selection);
        }
        expect(seen).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6']);
      });

      it('start anew with a new deadline, and are gone when removed', async () => {
        await put('a', 1);
        await put('b', 1);
        await fail(1, 50);
        await put('a', 5);
        const claim = token();
        await store.claim(claim, [key('b')]);
        await store.settle(claim, [{ ...key('b'), remove: true }]);
        expect((await store.find([key('a')]))[0]?.failures).toBe(0);
        expect(await due(5)).toEqual(['a']);
        expect(await failed(100, 'ripe')).toEqual([]);
      });
    });

    it('tells what is overdue, claimed or failed or neither, and since when', async () => {
      expect(await store.overdue(100)).toEqual({ count: 0, oldest: null });
      for (const [i, path] of ['a', 'b', 'c'].entries()) await put(path, 10 + i);
      await put('later', 101);
      const claim = token();
      const [first] = await store.claimDue(claim, 100, 1, null);
      const { path, generation: ifGeneration } = (first as DueRow).row;
      await store.settle(claim, [{ ...key(path), ifGeneration, retryAt: 1000 }]);
      await store.claimDue(token(), 100, 1, null);
      expect(await store.overdue(100)).toEqual({ count: 3, oldest: 10 });
    });

    it('keeps a claim through a settle that asks for it', async () => {
      await put('a', 1);
      const claim = token();
      await store.claim(claim, [key('a')]);
      await store.settle(claim, [{ ...key('a'), deadline: 2, intent: null, seen: true }], {
        keepClaim: true,
      });
      expect(await due(10)).toEqual([]);
      await store.settle(claim, []);
      expect(await due(10)).toEqual(['a']);
    });

    it('lets its own later token take a key over, and an earlier one give back only its own', async () => {
      await put('a', 1);
      const [first, second] = [token(), token()];
      await store.claim(first, [key('a')]);
      expect(await store.claim(second, [key('a')])).not.toBeNull();
      await store.settle(first, []);
      expect(await due(10)).toEqual([]);
      await store.settle(second, []);
      expect(await due(10)).toEqual(['a']);
    });

    it('lists paths at and below a directory in code-point order, page by page', async () => {
      for (const path of ['d', 'd/b', 'd/a', 'd/a/x', 'd0', 'da', 'd-', 'e', 'd/\u{1f600}', 'd/\uffee'])
        await put(path, 1);
      await put('d/z', 1, 'other');
      const expected = ['d', 'd/a', 'd/a/x', 'd/b', 'd/\uffee', 'd/\u{1f600}'];
      expect(await store.findBelow('n', 'd', '', 100)).toEqual(expected);
      expect(await store.findBelow('n', 'd', 'd/a', 2)).toEqual(expected.slice(2, 4));
      expect(await store.findBelow('n', '', '', 100)).toHaveLength(10);
    });

    it('goes through the namespaces that have rows, each once and in code-point order', async () => {
      for (const [path, namespace] of [
        ['a', 'n'],
        ['b', 'n'],
        ['a', 'N'],
        ['a', '-'],
        ['a', 'n.x'],
      ] as const)
        await put(path, 1, namespace);
      const names: string[] = [];
      for (let next = await store.nextNamespace?.(''); next != null; next = await store.nextNamespace?.(next))
        names.push(next);
      expect(names).toEqual(['-', 'N', 'n', 'n.x']);
    });

    it('remembers the first storage it is bound to', async () => {
      expect(await store.bindStorage(null)).toBeNull();
      expect(await store.bindStorage('one')).toBe('one');
      expect(await store.bindStorage('two')).toBe('one');
      expect(await store.bindStorage(null)).toBe('one');
    });

    it('refuses to work once it is closed, and closes twice', async () => {
      await store.ready();
      await store.close();
      await store.close();
      await expect(store.find([key('a')])).rejects.toThrow();
      await expect(store.settle('t', [{ ...key('a'), remove: true }])).rejects.toThrow();
    });

    if (!severalHolders) return;

    describe('between holders', () => {
      let another: ExpirationStore;

      beforeEach(() => {
        if (tested.another === undefined) throw new Error('severalHolders needs another()');
        another = tested.another();
      });

      afterEach(async () => {
        await another.close();
      });

      it('lets one of them have a key, all of a claim or nothing, whether or not there is a row', async () => {
        await put('a', 1);
        const claim = token();
        await store.claim(claim, [key('a'), key('none')]);
        const theirs = token();
        expect(await another.claim(theirs, [key('free'), key('a')])).toBeNull();
        expect(await another.claim(theirs, [key('none')])).toBeNull();
        expect(await store.claim(token(), [key('free')])).not.toBeNull();
        await store.settle(claim, []);
        expect(await another.claim(theirs, [key('a')])).not.toBeNull();
      });

      it('frees a key that is given back lazily, soon', async () => {
        const claims = [token(), token(), token()];
        for (const [i, claim] of claims.entries()) await store.claim(claim, [key(`lazy-${i}`)]);
        for (const claim of claims) await store.settle(claim, [], { lazy: true });
        for (let i = 0; i < claims.length; i++) {
          while ((await another.claim(token(), [key(`lazy-${i}`)])) === null) await sleep(1);
        }
        expect(await store.claim(token(), [key('lazy-0')])).toBeNull();
        const kept = token();
        await store.claim(kept, [key('kept')]);
        await store.settle(kept, [], { lazy: true, keepClaim: true });
        await sleep(20);
        expect(await another.claim(token(), [key('kept')])).toBeNull();
      });

      it('shows others what was settled lazily soon, and when it closes', async () => {
        const settle = async (path: string): Promise<void> => {
          const claim = token();
          await store.claim(claim, [key(path)]);
          const change = { ...key(path), deadline: 1, intent: null, seen: true };
          await store.settle(claim, [change], { lazy: true, durable: false });
        };
        await settle('soon');
        while ((await another.find([key('soon')]))[0] === null) await sleep(1);
        expect(await another.claim(token(), [key('soon')])).not.toBeNull();
        await settle('closed');
        await store.close();
        expect((await another.find([key('closed')]))[0]?.deadline).toBe(1);
      });

      it('lets others have a key that is claimed again and again', async () => {
        const use = async (claim: string): Promise<void> => {
          if ((await store.claim(claim, [key('hot')])) !== null)
            await store.settle(claim, [], { lazy: true });
        };
        let theirs: unknown = null;
        for (let i = 0; i < 100 && theirs === null; i++) {
          await use(token());
          await use(token());
          [theirs] = await Promise.all([another.claim(token(), [key('hot')]), use(token())]);
        }
        expect(theirs).not.toBeNull();
      });

      it('gives each due row to one of them', async () => {
        for (let i = 0; i < 20; i++) await put(`f${i}`, i);
        const claims = await Promise.all([
          store.claimDue(token(), 100, 12, null),
          another.claimDue(token(), 100, 12, null),
        ]);
        const paths = claims.flat().map(({ row }) => row.path);
        expect(paths).toHaveLength(20);
        expect(new Set(paths).size).toBe(20);
      });

      it('frees what a holder had when it closes', async () => {
        await put('a', 1);
        await another.claim(token(), [key('a')]);
        expect(await due(1)).toEqual([]);
        await another.close();
        expect(await due(1)).toEqual(['a']);
      });
    });
  });
}
