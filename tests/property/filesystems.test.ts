/**
 * The same random operations on every filesystem and on a plain model: results,
 * errors and what is there in the end must agree.
 */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Filesystem } from '../../src/index.js';
import { MemoryFS, MountFS, S3FS, TempFS } from '../../src/index.js';
import { EssentialsOnlyFS } from '../support/essentials-only.js';
import { newBucket, optionsFor, s3 } from '../support/s3.js';
import { Model } from './model.js';
import type { Operation } from './operations.js';
import { climbs, operations, outcomeOf, treeOf } from './operations.js';

interface Opened {
  fs: Filesystem;
  close: () => Promise<void>;
}

/** A new empty filesystem of each kind; another one is another line. */
const kinds: Record<string, () => Promise<Opened>> = {
  MemoryFS: async () => opened(new MemoryFS()),
  OSFS: async () => opened(new TempFS()),
  'a directory of an OSFS': async () => inDirectory(new TempFS()),
  'a directory of a MemoryFS': async () => inDirectory(new MemoryFS()),
  'the essentials only': async () => opened(new EssentialsOnlyFS()),
  'a MountFS with a mount inside': async () => {
    const fs = new MountFS();
    fs.mount('a/b', new MemoryFS());
    fs.mount('', new MemoryFS());
    const { fs: inner } = await inDirectory(fs);
    return { fs: inner, close: () => fs.close() };
  },
};

if (s3 !== null) {
  kinds.S3FS = async () => opened(new S3FS(optionsFor(await bucket(), { prefix: randomUUID() })));
  kinds['a directory of an S3FS'] = async () =>
    inDirectory(new S3FS(optionsFor(await bucket(), { prefix: randomUUID() })));
}

let shared: Promise<string> | undefined;

function bucket(): Promise<string> {
  shared ??= newBucket();
  return shared;
}

/** Each operation there is a request or more. */
function runsOf(kind: string): number {
  return kind.includes('S3FS') ? Math.ceil(RUNS / 6) : RUNS;
}

/** Sequences for each kind; PROPERTY_RUNS asks for more, to hunt. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 60);

function opened(fs: Filesystem): Opened {
  return { fs, close: () => fs.close() };
}

async function inDirectory(fs: Filesystem): Promise<Opened> {
  await fs.makeDir('base');
  return { fs: await fs.openDir('base'), close: () => fs.close() };
}

/** Do the operations that the model makes a promise of on both. */
async function compare(sequence: readonly Operation[], open: () => Promise<Opened>): Promise<void> {
  const model = new Model();
  const { fs, close } = await open();
  const log: string[] = [];
  try {
    for (const operation of sequence) {
      const expected = operation.onModel(model);
      if (expected === 'open') continue;
      log.push(operation.text);
      expect({ log, outcome: await outcomeOf(operation, fs) }).toEqual({ log, outcome: expected });
    }
    expect({ log, tree: await treeOf(fs) }).toEqual({ log, tree: model.tree });
  } finally {
    await close();
  }
}

describe('random operations', () => {
  const sequences = fc.array(operations, { minLength: 1, maxLength: 40 });
  it.each(Object.entries(kinds))('come to the same on %s as on the model', async (kind, open) => {
    const property = fc.asyncProperty(sequences, (sequence) => compare(sequence, open));
    await fc.assert(property, { numRuns: runsOf(kind) });
  });
});

describe('random directories that go into one above them', () => {
  it.each(Object.entries(kinds))('come to the same on %s as on the model', async (kind, open) => {
    const property = fc.asyncProperty(climbs, (sequence) => compare(sequence, open));
    await fc.assert(property, { numRuns: runsOf(kind) });
  });
});

describe('the model', () => {
  it('is no mirror of a backend: it knows paths as texts only', () => {
    const model = new Model();
    expect(model.write('a/b', 'x', true)).toEqual({ error: 'ResourceNotFound' });
    expect([model.makeDirs('a'), model.write('a/b', 'x', true), model.write('a/b', 'y', false)]).toEqual([
      { value: null },
      { value: null },
      { error: 'FileExists' },
    ]);
    expect(model.tree).toEqual([
      ['a', null],
      ['a/b', 'x'],
    ]);
  });
});
