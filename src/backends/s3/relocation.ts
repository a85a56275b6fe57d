/** Copying and moving files of a bucket, with all that must be so before. Paths are canonical. */
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { DestinationExists, FileExists, IllegalDestination, ResourceNotFound } from '../../errors/errors.js';
import { isSameVersion, replacedWhileMoved } from '../../fs/derived/versions.js';
import { SourceChanged } from './bucket.js';
import { copyCurrent, copyFile, copyOnServer } from './copying.js';
import { infoOf } from './object-info.js';
import type { ObjectTree } from './object-tree.js';
import type { Serial } from './serial.js';

export interface RelocationPlan {
  readonly from: string;
  readonly to: string;
  readonly overwrite: boolean;
  /** See `copyFile`. */
  readonly smallBytes: number;
}

/** See `S3FS.copy`. */
export async function copyTo(tree: ObjectTree, plan: RelocationPlan): Promise<void> {
  await tree.checkDestination(plan.to, plan.overwrite);
  if (plan.from === plan.to) throw new IllegalDestination(plan.to);
  await bringTo(tree, plan);
}

/** See `S3FS.move`. */
export async function moveTo(tree: ObjectTree, serial: Serial, plan: RelocationPlan): Promise<void> {
  const { from, to, overwrite } = plan;
  await tree.checkDestination(to, overwrite);
  if (from === to) {
    await tree.needFile(from);
    return;
  }
  const key = tree.keys.key(from);
  await serial.run(key, async () => {
    await bringTo(tree, plan, async (object) => {
      const current = await tree.head(from);
      const isMoved = current === null || isSameVersion(infoOf(from, current), infoOf(from, object));
      if (isMoved) return tree.bucket.delete(key, { path: from });
      throw overwrite ? new SourceChanged() : replacedWhileMoved(from);
    });
  });
}

/** Copy an object from anywhere in the bucket, replacing what is at `to`. */
export async function copyKeyTo(
  tree: ObjectTree,
  fromKey: string,
  to: string,
  assumeClear: boolean,
): Promise<void> {
  const look = async () => {
    const object = await tree.bucket.head(fromKey, { path: to });
    if (object === null) throw new ResourceNotFound(to);
    return object;
  };
  await copyCurrent(to, look, async (object) => {
    await tree.checkPlace(to, assumeClear);
    await copyOnServer(tree, { fromKey, object, to, createOnly: false });
  });
}

/** @param brought called when a version has been copied; when it throws `SourceChanged`, the next version is copied too */
async function bringTo(
  tree: ObjectTree,
  { from, to, overwrite, smallBytes }: RelocationPlan,
  brought?: (object: HeadObjectCommandOutput) => Promise<void>,
): Promise<void> {
  const look = () => tree.needFile(from);
  try {
    await copyCurrent(from, look, async (object) => {
      await tree.checkPlace(to);
      await copyFile(tree, { from, object, to, createOnly: !overwrite }, smallBytes);
      await brought?.(object);
    });
  } catch (error) {
    throw error instanceof FileExists ? new DestinationExists(to, { cause: error }) : error;
  }
}
