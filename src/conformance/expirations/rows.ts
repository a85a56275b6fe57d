import assert from 'node:assert/strict';
import type { TestRunner } from '../runner.js';
import { deadlinesOf, duePaths, key, newToken, put, type StoreSubject } from './subject.js';

export function describeRows({ describe, it }: TestRunner, subject: StoreSubject): void {
  describe('rows', () => {
    it('are found by key, in the order asked, with null for what is not there', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      await put(store, 'b', 2);
      await put(store, 'a', 3, 'other');
      const rows = await store.find([key('b'), key('none'), key('a'), key('a', 'other')]);
      assert.deepEqual(
        Array.from(rows, (row) => row?.deadline ?? null),
        [2, null, 1, 3],
      );
      assert.equal(rows[1], null);
    });

    it('have paths that differ by any character, case and spaces at the end included', async () => {
      const { store } = subject;
      const paths = ['a', 'A', 'a ', 'ä', 'a\u0308', 'x'.repeat(1000), '😀', '__proto__', "a'b", 'a"b', 'a%'];
      for (const [i, path] of paths.entries()) await put(store, path, i);
      assert.deepEqual(await deadlinesOf(store, ...paths), [...paths.keys()]);
    });

    it('are replaced by the next of their path, which has a new generation', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      const [first] = await store.find([key('a')]);
      await put(store, 'a', 1);
      const [second] = await store.find([key('a')]);
      assert.notEqual(second?.generation, first?.generation);
      assert.deepEqual(await duePaths(store, 10), ['a']);
    });

    it('never have a generation again, also after the row is gone', async () => {
      const { store } = subject;
      await put(store, 'a', 1);
      const [first] = await store.find([key('a')]);
      const token = newToken();
      await store.claim(token, [key('a')]);
      await store.settle(token, [{ ...key('a'), remove: true }]);
      assert.deepEqual([...(await store.find([key('a')]))], [null]);
      await put(store, 'a', 1);
      const [second] = await store.find([key('a')]);
      const [before, after] = [first?.generation as number, second?.generation as number];
      assert.ok(after > before, `${after} is not above ${before}`);
    });

    it('keep intents, and are due at the earlier of both deadlines', async () => {
      const { store } = subject;
      const token = newToken();
      await store.claim(token, [key('a'), key('b')]);
      await store.settle(token, [
        { ...key('a'), deadline: null, intent: { deadline: 5, before: null }, seen: false },
        { ...key('b'), deadline: 3, intent: { deadline: null, before: '"etag"' }, seen: true },
      ]);
      const rows = await store.find([key('a'), key('b')]);
      assert.deepEqual(
        Array.from(rows, (row) => [row?.deadline, { ...row?.intent }]),
        [
          [null, { deadline: 5, before: null }],
          [3, { deadline: null, before: '"etag"' }],
        ],
      );
      assert.deepEqual(await duePaths(store, 4), ['b']);
      assert.deepEqual(await duePaths(store, 5), ['b', 'a']);
    });

    it('keep whether a file was seen', async () => {
      const { store } = subject;
      const token = newToken();
      await store.claim(token, [key('a'), key('b')]);
      await store.settle(token, [
        { ...key('a'), deadline: 1, intent: null, seen: true },
        { ...key('b'), deadline: 2, intent: null, seen: false },
      ]);
      const found = await store.find([key('a'), key('b')]);
      assert.deepEqual(
        Array.from(found, (row) => row?.seen),
        [true, false],
      );
      const due = await store.claimDue(newToken(), 2, 10, null);
      assert.deepEqual(
        Array.from(due, ({ row }) => row.seen),
        [true, false],
      );
    });

    it('show changes of this store at once, also to those who take what was read lately', async () => {
      const { store } = subject;
      const shows = async (deadline: number | null): Promise<void> => {
        // What can't be told without waiting is undefined.
        const told = store.findNow?.(key('a'));
        if (told !== undefined) assert.equal(told?.deadline ?? null, deadline);
        const [row] = await store.find([key('a')], { recent: true });
        assert.equal(row?.deadline ?? null, deadline);
      };
      await shows(null);
      for (const deadline of [1, 2]) {
        await put(store, 'a', deadline);
        await shows(deadline);
      }
      const token = newToken();
      await store.claim(token, [key('a')]);
      await store.settle(token, [{ ...key('a'), remove: true }]);
      await shows(null);
    });

    it('are listed at and below a directory in code-point order, page by page', async () => {
      const { store } = subject;
      for (const path of ['d', 'd/b', 'd/a', 'd/a/x', 'd0', 'da', 'd-', 'e', 'd/\u{1f600}', 'd/\uffee'])
        await put(store, path, 1);
      await put(store, 'd/z', 1, 'other');
      const expected = ['d', 'd/a', 'd/a/x', 'd/b', 'd/\uffee', 'd/\u{1f600}'];
      assert.deepEqual([...(await store.findBelow('n', 'd', '', 100))], expected);
      assert.deepEqual([...(await store.findBelow('n', 'd', 'd/a', 2))], expected.slice(2, 4));
      assert.equal((await store.findBelow('n', '', '', 100)).length, 10);
    });

    it('tell their namespaces, each once and in code-point order, where that can be asked', async () => {
      const { store } = subject;
      if (store.nextNamespace === undefined) return;
      for (const [path, namespace] of [
        ['a', 'n'],
        ['b', 'n'],
        ['a', 'N'],
        ['a', '-'],
        ['a', 'n.x'],
      ] as const)
        await put(store, path, 1, namespace);
      const names: string[] = [];
      for (let next = await store.nextNamespace(''); next !== null; next = await store.nextNamespace(next)) {
        names.push(next);
        assert.ok(names.length <= 4, `more than there are: ${names.join(', ')}`);
      }
      assert.deepEqual(names, ['-', 'N', 'n', 'n.x']);
    });
  });
}
