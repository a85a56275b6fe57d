/** A check of deadlines against files, while others work. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CheckOptions, Expiration, FileKey, Mayfly, StagedFile } from '../../src/index.js';
import { createMayfly, MemoryExpirationStore, MemoryFS } from '../../src/index.js';

/** Whoever publishes or removes waits here until the check has seen the row as it is meanwhile. */
class Gate {
  #open: () => void = () => {};
  #opened: Promise<void> = Promise.resolve();
  #arrived: () => void = () => {};

  /** From now on whoever comes by waits. @returns resolves when somebody has come */
  shut(): Promise<void> {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  open(): void {
    this.#open();
  }

  async pass(): Promise<void> {
    this.#arrived();
    await this.#opened;
  }
}

/** Changes files when the gate is open. */
class Gated extends MemoryFS {
  readonly gate = new Gate();

  override async stage(...given: Parameters<MemoryFS['stage']>): Promise<StagedFile> {
    const staged = await super.stage(...given);
    const publish = async (...how: Parameters<StagedFile['publish']>) => {
      await this.gate.pass();
      return staged.publish(...how);
    };
    return { ...staged, publish, discard: () => staged.discard() };
  }

  override async remove(...given: Parameters<MemoryFS['remove']>): Promise<void> {
    await super.remove(...given);
    await this.gate.pass();
  }
}

/** Opens the gate once the check has read the rows, and counts what it asks. */
class Watched extends MemoryExpirationStore {
  onFind: () => void = () => {};
  namespacesAsked = 0;

  override async find(keys: readonly FileKey[]): Promise<(Expiration | null)[]> {
    const rows = await super.find(keys);
    this.onFind();
    return rows;
  }

  override nextNamespace(after: string): Promise<string | null> {
    this.namespacesAsked++;
    return super.nextNamespace(after);
  }
}

let filesystem: Gated;
let store: Watched;
let mayfly: Mayfly;

beforeEach(() => {
  filesystem = new Gated();
  store = new Watched();
  mayfly = createMayfly({
    storage: { filesystem, urlRoot: '/files' },
    expirations: { store },
    purge: false,
  });
});

afterEach(() => mayfly.close());

/** Check while `work` is held up, which goes on when the rows have been read. */
async function checkDuring(work: () => Promise<unknown>, options?: CheckOptions) {
  const arrived = filesystem.gate.shut();
  const working = work();
  await arrived;
  store.onFind = () => filesystem.gate.open();
  const report = await mayfly.check(options);
  await working;
  return report;
}

describe.each([false, true])('a check that mends: %s', (fix) => {
  it('takes a write that is under way for none that was broken off', async () => {
    const files = mayfly.getFilesystem('n');
    await files.write('b.txt', 'x', { seconds: 60 });
    const report = await checkDuring(() => files.write('a.txt', 'x', { seconds: 60 }), { fix });
    expect(report).toMatchObject({ rows: 2, unsettled: 0, fixed: 0, findings: [] });
    expect(await files.getExpiration('a.txt')).not.toBeNull();
  });

  it('takes a removal that is under way for no loss', async () => {
    const files = mayfly.getFilesystem('n');
    await files.write('a.txt', 'x', { seconds: 60 });
    const report = await checkDuring(() => files.remove('a.txt'), { fix });
    expect(report).toMatchObject({ rows: 1, lost: 0, fixed: 0, findings: [] });
  });

  it('tells of a write that was broken off', async () => {
    const key = { namespace: 'n', path: 'a.txt' };
    await store.claim('killed', [key]);
    const intent = { deadline: Date.now() + 60_000, before: null };
    await store.settle('killed', [{ ...key, deadline: null, intent, seen: false }]);
    const finding = { ...key, kind: 'unsettled', fixed: fix };
    const found = { rows: 1, unsettled: 1, fixed: fix ? 1 : 0, findings: [finding] };
    expect(await mayfly.check({ fix })).toMatchObject(found);
    expect(await mayfly.check()).toMatchObject({ unsettled: fix ? 0 : 1 });
  });
});

it('asks for no further namespace once it is aborted', async () => {
  for (const name of ['a', 'b', 'c', 'd']) await mayfly.getFilesystem(name).write('x', 'x', { seconds: 60 });
  const report = await mayfly.check({ signal: AbortSignal.abort() });
  expect(report.rows).toBe(0);
  expect(store.namespacesAsked).toBeLessThanOrEqual(1);
});
