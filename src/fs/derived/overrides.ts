/**
 * What a subclass, or a test that puts a function in a method's place, has made
 * of a backend. Ways past a method (a namespace of its own, staging) must not be
 * taken where somebody has overridden it: he would not be asked.
 */
import type { StageOptions, WriteOptions, WriteSource } from '../essentials.js';
import type { Info } from '../info.js';
import type { StagedFile } from '../staged-file.js';

/** To end otherwise changes nothing that is stored. */
const HARMLESS = new Set<string>(['constructor', 'close']);

/** Whether anything of `backend`, the prototype of a backend, was overridden in `fs`. */
export function hasOverrides(fs: object, backend: object): boolean {
  for (let at: object | null = fs; at !== null && at !== backend; at = Object.getPrototypeOf(at)) {
    if (Object.getOwnPropertyNames(at).some((name) => !HARMLESS.has(name) && name in backend)) return true;
  }
  return false;
}

/** What is written when a staged file is published. */
interface Writer {
  write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info>;
}

/**
 * A staged file that is published by the `write` of its filesystem.
 * @param bytes its content, from the beginning
 */
export function publishedByWrite(
  fs: Writer,
  staged: StagedFile,
  bytes: () => WriteSource,
  { contentType, filename }: StageOptions = {},
): StagedFile {
  const kept = {
    ...(contentType !== undefined && { contentType }),
    ...(filename !== undefined && { filename }),
  };
  return {
    size: staged.size,
    publish: async (path, how) => {
      const info = await fs.write(path, bytes(), { ...kept, ...how });
      await staged.discard();
      return info;
    },
    discard: () => staged.discard(),
  };
}
