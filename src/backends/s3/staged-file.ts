/** A file that has arrived and is to be published at a path, or discarded. */
import { randomUUID } from 'node:crypto';
import { checkPublishOptions } from '../../fs/derived/option-types.js';
import type { PublishOptions, StageOptions, WriteSource } from '../../fs/essentials.js';
import type { Info } from '../../fs/info.js';
import type { StagedFile } from '../../fs/staged-file.js';
import { wholeSeconds, writeMark } from './metadata.js';
import { fileInfo, headersAt, type KeptWith, keptInfo, typeByName } from './object-info.js';
import type { KeySpace } from './object-key.js';
import { PARKING } from './object-key.js';
import type { ObjectTree } from './object-tree.js';
import type { StagedObject } from './staged-object.js';
import { stageObject } from './staged-object.js';

/** What staging needs of the filesystem. */
export interface StagingSite {
  readonly tree: ObjectTree;
  /** Keys of the filesystem on the whole prefix, where parts may be parked. */
  readonly root: KeySpace;
  /** Bytes. */
  readonly partSize: number;
  /** The canonical form. */
  validatePath(path: string): string;
  getInfo(path: string): Promise<Info>;
}

/** See `S3FS.stage`. @param path canonical */
export async function stageFile(
  site: StagingSite,
  path: string,
  source: WriteSource,
  options: StageOptions,
): Promise<StagedFile> {
  const { bucket, keys } = site.tree;
  const { contentType = typeByName(path), filename } = options;
  const kept = { contentType, metadata: writeMark(), filename };
  const staged = await stageObject(bucket, source, {
    key: keys.key(path),
    path,
    final: options.final === true,
    hiddenKey: site.root.hiddenKey(PARKING + randomUUID()),
    partSize: site.partSize,
    headers: headersAt(path, kept),
    signal: options.signal,
  });
  return {
    size: staged.size,
    publish: async (target, how) => publish(site, staged, site.validatePath(target), kept, how),
    discard: () => staged.discard(),
  };
}

async function publish(
  { tree, getInfo }: StagingSite,
  staged: StagedObject,
  path: string,
  kept: KeptWith,
  options: PublishOptions = {},
): Promise<Info> {
  checkPublishOptions(options);
  const { overwrite = true, assumeClear = false } = options;
  await tree.checkPlace(path, assumeClear);
  const destination = { key: tree.keys.key(path), path, createOnly: !overwrite };
  const etag = await staged.publish({ ...destination, headers: headersAt(path, kept) });
  // For a file of several parts a look is cheap. The answer to a PUT has all but the time, which is about now.
  if (etag === undefined) return getInfo(path);
  const modified = wholeSeconds(new Date());
  return { ...fileInfo(path, { size: staged.size, modified, etag }), ...keptInfo(path, kept) };
}
