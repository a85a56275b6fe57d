/** What is left of a source after its files were moved. */
import { DirectoryNotEmpty, ResourceNotFound } from '../../errors/errors.js';
import { isWithin } from '../../path/parts.js';
import { isEmpty } from './read.js';
import type { TransferEnd } from './transfer-place.js';
import { isLinked } from './transfer-place.js';
import type { TransferStep } from './transfer-steps.js';
import { entriesOf } from './transfer-steps.js';

/**
 * Remove the directories from which all files were moved, save those that the
 * next step brings something to. What was added meanwhile stays, and so do
 * links to directories, with what holds them.
 * @throws DirectoryNotEmpty something stays
 */
export async function removeEmptied(step: TransferStep): Promise<void> {
  await removeSource(step);
  for (const directory of step.leading) await removeOneEmptied(step.from.fs, directory);
}

async function removeSource(step: TransferStep): Promise<void> {
  const { fs, path } = step.from;
  const directories: string[] = [];
  try {
    for await (const info of entriesOf(step)) if (info.isDir) directories.push(info.path);
  } catch (error) {
    if (error instanceof ResourceNotFound) return; // It was there only for what was in it.
    throw error;
  }
  for (const directory of directories.reverse()) {
    if (step.except !== null && isWithin(directory, step.except)) continue;
    if (!(await isLinked({ fs, path: directory }))) await removeOneEmptied(fs, directory);
  }
  if (path === '' || step.except !== null) return;
  if (await isLinked({ fs, path })) await fs.remove(path);
  else await removeOneEmptied(fs, path);
}

/** What can't be seen, such as a link that leads nowhere, goes along. */
async function removeOneEmptied(fs: TransferEnd, path: string): Promise<void> {
  if (await isRemoved(fs, path)) return;
  // What it met may have gone since, and something that must stay have come.
  if (await isRemoved(fs, path)) return;
  await fs.removeTree(path);
}

/** @returns false when something is in it that can't be seen @throws DirectoryNotEmpty something is to be seen in it */
async function isRemoved(fs: TransferEnd, path: string): Promise<boolean> {
  try {
    await fs.removeDir(path);
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFound) return true; // It was there only for what was in it.
    if (!(error instanceof DirectoryNotEmpty) || !(await isEmpty(fs, path))) throw error;
    return false;
  }
}
