/**
 * Deleting many objects: 1000 with a request, several requests side by side.
 *
 * S3 answers the same whether or not there was something to delete, so who
 * wants to know is told by a look before: one HEAD each for a few keys, else
 * pages of the listing, which tell of up to 1000 keys each.
 */
import { FileExpected, FSError, OperationFailed } from '../../errors/errors.js';
import { forEachLimited } from '../../fs/derived/concurrency.js';
import type { RemoveOutcome } from '../../fs/staged-file.js';
import { compareCodePoints } from '../../path/parts.js';
import type { Bucket } from './bucket.js';
import type { DeleteFailure, ListPage } from './bucket-types.js';

import { DELETE_BATCH } from './limits.js';
import { listObjects } from './listing.js';
import type { KeySpace } from './object-key.js';
import type { ObjectTree } from './object-tree.js';
import { translateS3Code } from './s3-errors.js';

const REQUESTS_AT_ONCE = 4;
/** Small requests at a time. */
const LOOKS_AT_ONCE = 16;
/** Up to so many keys a look at each is no more than pages of a listing would be, and it is exact. */
const FEW_KEYS = 16;
/** Codes of single keys for which S3 asks to try again. */
const TRY_AGAIN = new Set(['InternalError', 'SlowDown', 'ServiceUnavailable', 'OperationAborted']);
/** XML 1.0 has no way to write these, so no list of keys can name them. Other tools may have used any. */
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
/** Last assigned code point of the last plane: nothing that people write comes after it. */
const LAST_CODE_POINT = '\u{10fffd}';

/** Delete all in a directory, its marker included. A request to list and one to delete for each 1000. */
export async function removeBelow({ bucket, keys }: ObjectTree, path: string): Promise<void> {
  const prefix = keys.directoryKey(path);
  await forEachLimited(listObjects(bucket, prefix, { path }), REQUESTS_AT_ONCE, async (page) => {
    const batch = page.map(({ key }) => key).filter((key) => !keys.hidesKey(key));
    if (batch.length > 0) await deleteAll(bucket, batch, path);
  });
}

/** Delete the markers of directories, for what they are worth: one that can't be deleted stays. */
export async function removeMarkers({ bucket, keys }: ObjectTree, paths: readonly string[]): Promise<void> {
  await forEachLimited(batchesOf(paths), REQUESTS_AT_ONCE, async (batch) => {
    const markers = batch.map((path) => keys.directoryKey(path));
    await deleteKeys(bucket, markers, '').catch((error: unknown) => {
      if (!(error instanceof FSError)) throw error;
    });
  });
}

async function deleteAll(bucket: Bucket, batch: readonly string[], path: string): Promise<void> {
  const [failure] = await deleteTwice(bucket, batch, path);
  if (failure !== undefined) throw translateS3Code(failure.code, failure.message, path);
}

/** One request for all, but for keys that a list can't name, which are deleted one by one. */
async function deleteKeys(bucket: Bucket, batch: readonly string[], path: string): Promise<DeleteFailure[]> {
  const writable = batch.filter((key) => !UNWRITABLE.test(key));
  const failures = writable.length === 0 ? [] : await bucket.deleteMany(writable, { path });
  if (writable.length < batch.length) {
    const others = batch.filter((key) => UNWRITABLE.test(key));
    await forEachLimited(others, LOOKS_AT_ONCE, (key) => bucket.delete(key, { path }));
  }
  return failures;
}

/** Once more for those keys that may only have had bad luck. */
async function deleteTwice(bucket: Bucket, batch: readonly string[], path: string): Promise<DeleteFailure[]> {
  const failures = await deleteKeys(bucket, batch, path);
  const again = failures.filter(({ code }) => TRY_AGAIN.has(code ?? ''));
  if (again.length === 0) return failures;
  const still = await bucket.deleteMany(
    again.map(({ key }) => key),
    { path },
  );
  return [...failures.filter((failure) => !again.includes(failure)), ...still];
}

/**
 * Remove files; the outcomes are in the order of `paths`.
 * @param paths canonical, each once
 * @param assumePresent don't look whether they are there
 */
export async function removeFiles(
  tree: ObjectTree,
  paths: readonly string[],
  assumePresent: boolean,
): Promise<RemoveOutcome[]> {
  const { bucket, keys } = tree;
  const outcomes = new Map<string, RemoveOutcome>();
  const refused = paths.flatMap((path) => refusalOf(keys, path) ?? []);
  for (const outcome of refused) outcomes.set(outcome.path, outcome);
  const wanted = paths.filter((path) => !outcomes.has(path));
  try {
    const present = assumePresent ? new Set(wanted) : await presentAmong(bucket, keys, wanted);
    const absent = wanted.filter((path) => !present.has(path));
    await forEachLimited(absent, LOOKS_AT_ONCE, async (path) => {
      const isDirectory = await tree.isDirectory(path);
      outcomes.set(path, isDirectory ? failed(path, new FileExpected(path)) : { path, result: 'missing' });
    });
    await forEachLimited(batchesOf([...present]), REQUESTS_AT_ONCE, async (batch) => {
      for (const outcome of await removeBatch(bucket, keys, batch)) outcomes.set(outcome.path, outcome);
    });
  } catch (error) {
    for (const path of wanted)
      if (!outcomes.has(path)) outcomes.set(path, failed(path, asFSError(error, path)));
  }
  return paths.map((path) => outcomes.get(path) ?? failed(path, new OperationFailed(path)));
}

function refusalOf(keys: KeySpace, path: string): RemoveOutcome | null {
  if (path === '') return failed(path, new FileExpected(path));
  if (keys.hides(path)) return { path, result: 'missing' };
  return null;
}

async function removeBatch(
  bucket: Bucket,
  keys: KeySpace,
  batch: readonly string[],
): Promise<RemoveOutcome[]> {
  const byKey = new Map(batch.map((path) => [keys.key(path), path]));
  let failures: DeleteFailure[];
  try {
    failures = await deleteTwice(bucket, [...byKey.keys()], batch[0] ?? '');
  } catch (error) {
    return batch.map((path) => failed(path, asFSError(error, path)));
  }
  const failedPaths = new Map(failures.map(({ key, code, message }) => [byKey.get(key), { code, message }]));
  return batch.map((path): RemoveOutcome => {
    const failure = failedPaths.get(path);
    if (failure === undefined) return { path, result: 'removed' };
    return failed(path, translateS3Code(failure.code, failure.message, path));
  });
}

/** Which of these files are there. */
async function presentAmong(bucket: Bucket, keys: KeySpace, paths: readonly string[]): Promise<Set<string>> {
  const present = new Set<string>();
  const left = [...paths].sort(compareCodePoints);
  let after = '';
  let told = FEW_KEYS;
  // Pages of the listing, as long as they tell of more than a look at each would.
  while (left.length > FEW_KEYS && told >= FEW_KEYS) {
    const path = left[0] ?? '';
    const before = keys.key(justBefore(path));
    const startAfter = compareCodePoints(before, after) > 0 ? before : after;
    const page = await bucket.list({ prefix: keys.prefix, startAfter }, { path });
    after = page.objects.at(-1)?.key ?? after;
    told = toldBy(
      page,
      left.map((each) => keys.key(each)),
    );
    const listed = new Set(page.objects.map(({ key }) => key));
    for (const each of left.splice(0, told)) if (listed.has(keys.key(each))) present.add(each);
  }
  await forEachLimited(left, LOOKS_AT_ONCE, async (path) => {
    if ((await bucket.head(keys.key(path), { path })) !== null) present.add(path);
  });
  return present;
}

/** Of how many of these keys, from the first, a page tells whether they are there. */
function toldBy({ objects, continuation }: ListPage, sorted: readonly string[]): number {
  if (continuation === undefined) return sorted.length;
  const last = objects.at(-1)?.key ?? '';
  const beyond = sorted.findIndex((key) => compareCodePoints(key, last) > 0);
  return beyond === -1 ? sorted.length : beyond;
}

/** A text after all that come before `path`, itself excepted. */
function justBefore(path: string): string {
  const characters = [...path];
  const last = characters.pop()?.codePointAt(0) ?? 0;
  const before = last === 0xe000 ? 0xd7ff : last - 1;
  return `${characters.join('')}${String.fromCodePoint(before)}${LAST_CODE_POINT}`;
}

function batchesOf(paths: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(paths.length / DELETE_BATCH) }, (_, i) =>
    paths.slice(i * DELETE_BATCH, (i + 1) * DELETE_BATCH),
  );
}

function failed(path: string, error: Error): RemoveOutcome {
  return { path, result: 'failed', error };
}

/** The same failure for another path of the batch. */
function asFSError(error: unknown, path: string): FSError {
  if (error instanceof FSError) return error.path === path ? error : error.relocated(path);
  return new OperationFailed(path, { cause: error });
}
