/** `write` of a backend whose `stage` is the primary way in. */
import type { StageOptions, WriteOptions, WriteSource } from '../essentials.js';
import type { Info } from '../info.js';
import type { StagedFile } from '../staged-file.js';
import { guardSource } from './source.js';

interface Stager {
  stage(path: string, source: WriteSource, options?: StageOptions): Promise<StagedFile>;
}

export async function writeStaged(
  fs: Stager,
  path: string,
  source: WriteSource,
  options: WriteOptions = {},
): Promise<Info> {
  guardSource(source);
  const staged = await fs.stage(path, source, options);
  try {
    const { overwrite = true, assumeClear = false } = options;
    return await staged.publish(path, { overwrite, assumeClear });
  } catch (error) {
    await staged.discard();
    throw error;
  }
}
