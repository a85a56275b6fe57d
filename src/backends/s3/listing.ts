/** What is in a directory, page by page, in code-point order of name. */
import { DirectoryExpected, ResourceNotFound } from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import { joinPath } from '../../path/parts.js';
import type { Bucket } from './bucket.js';
import type { CallContext, ListPage, StoredObject } from './bucket-types.js';
import { LIST_PAGE } from './limits.js';
import type { Entry } from './name-order.js';
import { NameOrder } from './name-order.js';
import { directoryInfo, fileInfo } from './object-info.js';
import type { KeySpace } from './object-key.js';
import { isPathName } from './object-key.js';

/** Entries that may wait for the next pages before S3 is asked what they wait for. */
const MOST_WAITING = 2 * LIST_PAGE;

/** Whether any key lies in a directory, its marker included. One request. */
export async function directoryExists(
  bucket: Bucket,
  prefix: string,
  context: CallContext,
): Promise<boolean> {
  const { objects } = await bucket.list({ prefix, maxKeys: 1 }, context);
  return objects.length > 0;
}

/**
 * The direct children of a directory. A request for each 1000.
 * @param path canonical
 * @throws ResourceNotFound, DirectoryExpected at the first `next()`
 */
export async function* listDirectory(bucket: Bucket, keys: KeySpace, path: string): AsyncGenerator<Info> {
  const prefix = keys.directoryKey(path);
  const context = { path };
  const isDirectory = (name: string): Promise<boolean> =>
    directoryExists(bucket, `${prefix}${name}/`, context);
  const order = new NameOrder(isDirectory, MOST_WAITING);
  let continuation: string | undefined;
  do {
    const page: ListPage = await bucket.list(
      { prefix, delimited: true, ...(continuation === undefined ? {} : { continuation }) },
      context,
    );
    if (continuation === undefined && isNothing(page)) await refuseUnlessRoot(bucket, keys, path);
    continuation = page.continuation;
    for (const info of await order.take(entriesOf(page, prefix, path, keys), continuation === undefined)) {
      yield info;
    }
  } while (continuation !== undefined);
}

function isNothing({ objects, prefixes }: ListPage): boolean {
  return objects.length + prefixes.length === 0;
}

/** Say why nothing is in a directory, unless it is the root. @throws ResourceNotFound, DirectoryExpected */
export async function refuseUnlessRoot(bucket: Bucket, keys: KeySpace, path: string): Promise<void> {
  if (path === '') return;
  const file = await bucket.head(keys.key(path), { path });
  throw file === null ? new ResourceNotFound(path) : new DirectoryExpected(path);
}

function entriesOf({ objects, prefixes }: ListPage, prefix: string, path: string, keys: KeySpace): Entry[] {
  const files = objects.map((object): Entry => {
    const name = object.key.slice(prefix.length);
    return { sortKey: name, info: fileInfo(joinPath(path, name), object) };
  });
  const directories = prefixes.map((folded): Entry => {
    const sortKey = folded.slice(prefix.length);
    return { sortKey, info: directoryInfo(joinPath(path, sortKey.slice(0, -1))) };
  });
  return [...files, ...directories].filter(
    ({ sortKey, info }) => isPathName(sortKey.replace(/\/$/, '')) && !keys.hides(info.path),
  );
}

/** All objects below a prefix, in order of keys. A request for each 1000. */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  context: CallContext,
): AsyncGenerator<readonly StoredObject[]> {
  let continuation: string | undefined;
  do {
    const page: ListPage = await bucket.list(
      { prefix, ...(continuation === undefined ? {} : { continuation }) },
      context,
    );
    yield page.objects;
    continuation = page.continuation;
  } while (continuation !== undefined);
}
