/** `write` of a backend whose `stage` is the primary way in. */
import type { StageOptions, WriteOptions, WriteSource } from '../essentials.js';
import type { Info } from '../info.js';
import type { StagedFile } from '../staged-file.js';
import { checkWriteOptions } from './option-types.js';
import { beforeReading } from './source.js';

interface Stager {
  stage(path: string, source: WriteSource, options?: StageOptions): Promise<StagedFile>;
}

/** @param fixed what a backend decides about its staging */
export async function writeStaged(
  fs: Stager,
  path: string,
  source: WriteSource,
  options?: WriteOptions,
  fixed: StageOptions = {},
): Promise<Info> {
  await beforeReading(source, () => checkWriteOptions(options), options?.signal);
  const { overwrite = true, assumeClear = false } = options ?? {};
  const staged = await fs.stage(path, source, { ...options, ...fixed });
  try {
    return await staged.publish(path, { overwrite, assumeClear });
  } catch (error) {
    await staged.discard();
    throw error;
  }
}
