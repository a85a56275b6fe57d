/**
 * What a subclass, or a test that puts a function in a method's place, has made
 * of a backend. Ways past a method (a namespace of its own, staging) must not be
 * taken where somebody has overridden it: he would not be asked.
 */
import { ResourceNotFound } from '../../errors/errors.js';
import type { StageOptions, WriteOptions, WriteSource } from '../essentials.js';
import type { Info } from '../info.js';
import type { StagedFile } from '../staged-file.js';

/** Nobody passes these by: the filesystem that holds the namespaces is asked itself. */
const ASKED = new Set(['openNamespace', 'openDir', 'identify', 'sweepStaged', 'close', 'isClosed', 'desc']);

/** Whether anything of `backend`, the prototype of a backend, was overridden in `fs` that a namespace of its own would pass by. */
export function hasOverrides(fs: object, backend: object): boolean {
  const isPassed = (name: string): boolean =>
    name in backend && !(name in Object.prototype) && !ASKED.has(name);
  for (let at: object | null = fs; at !== null && at !== backend; at = Object.getPrototypeOf(at)) {
    if (Object.getOwnPropertyNames(at).some(isPassed)) return true;
  }
  return false;
}

/** Whether `fs` writes in a way of its own, and yet stages as `backend` does, past that. */
export function stagesPastWrite(fs: WritingFilesystem, backend: WritingFilesystem): boolean {
  return fs.write !== backend.write && fs.stage === backend.stage;
}

/** What is written when a staged file is published. */
interface Writer {
  write(path: string, source: WriteSource, options?: WriteOptions): Promise<Info>;
}

interface WritingFilesystem extends Writer {
  stage(path: string, source: WriteSource, options?: StageOptions): Promise<StagedFile>;
}

/** A file that `fs` has staged, to be published by its `write` where that is not the one that `publish` belongs to. */
export function publishedByWrite(
  fs: Writer,
  staged: StagedFile,
  { contentType, filename }: StageOptions = {},
): StagedFile {
  if (staged.content === undefined) return staged;
  const content = staged.content.bind(staged);
  const kept = {
    ...(contentType !== undefined && { contentType }),
    ...(filename !== undefined && { filename }),
  };
  let isDone = false;
  return {
    size: staged.size,
    publish: async (path, how) => {
      if (isDone) throw new ResourceNotFound(path, { message: 'the staged file was published or discarded' });
      const info = await fs.write(path, content(), { ...kept, ...how });
      isDone = true;
      await staged.discard().catch(() => undefined); // What can't be removed is swept by a purge.
      return info;
    },
    discard: async () => {
      isDone = true;
      await staged.discard();
    },
  };
}
