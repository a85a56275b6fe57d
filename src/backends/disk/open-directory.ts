/** An OSFS on a directory that is there, or is made: the constructor alone looks at nothing. */
import { resolve } from 'node:path';
import { DirectoryExpected, ResourceNotFound } from '../../errors/errors.js';
import { OSFS, type OSFSOptions } from './disk-filesystem.js';
import { errnoOf, saysNothingThere, translateError } from './errno-errors.js';
import { makeDirectories } from './make-directories.js';
import { stat } from './system-calls.js';

/**
 * @param directory system path
 * @param options.create make it when it is missing, and those above it; default false
 * @throws ResourceNotFound, DirectoryExpected; their path is `directory`
 */
export async function openDirectory(
  directory: string,
  { create = false, ...options }: OSFSOptions & { create?: boolean } = {},
): Promise<OSFS> {
  try {
    if (create) await makeDirectories(directory);
    if (!(await stat(directory)).isDirectory()) throw new DirectoryExpected(directory);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw new DirectoryExpected(directory, { cause: error });
    if (saysNothingThere(error)) throw new ResourceNotFound(directory, { cause: error });
    throw translateError(error, directory);
  }
  return new OSFS(resolve(directory), options);
}
