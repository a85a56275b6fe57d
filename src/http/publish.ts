/**
 * Putting staged files in their places without harm to what is there, and
 * having them counted where there is a quota.
 *
 * A path may change between the asking whether a file of a certain name may be
 * stored, or replaced, and its publishing. So the question is asked again until
 * publishing finds what was agreed to.
 */
import { FileExists, FileExpected, OperationTimeout } from '../errors/errors.js';
import type { Info } from '../fs/info.js';
import type {
  Lifetime,
  NamespacePublishOptions,
  NamespaceStagedFile,
} from '../namespaces/namespace-options.js';
import { joinPath } from '../path/parts.js';
import { requireReplaceable } from './compressed-upload.js';
import type { Exchange } from './exchange.js';
import { lookUp } from './stored-file.js';
import { randomName, withSuffix } from './upload-name.js';
import type { Reservation } from './usage.js';

/** `name-1` to this; then at random, so that the thousandth `a.png` is not a thousand tries. */
const COUNTED_TRIES = 50;
const RANDOM_TRIES = 5;
/** How often the path may change hands between asking and publishing. */
const TRIES = 10;

/** What is at the path changed after it was settled what may be done there. */
class PathChanged extends Error {}

/** The file that was to be replaced is gone, and there is no room kept for a new one. */
class PathFree extends Error {}

/** How long a file shall live, and who wants to know till when. */
export interface Fate extends Lifetime, Pick<NamespacePublishOptions, 'onPublished'> {}

/** A file that is in its place. */
export interface Stored {
  readonly info: Info;
  /** It has replaced nothing. */
  readonly isNew: boolean;
}

/** Where a file goes by the name that it has, and under which conditions. */
export interface Placement {
  readonly path: string;
  readonly fate: Fate;
  /** The file that may be replaced; null: none was there, and room was kept for one more. */
  readonly found: Info | null;
  /** See what is at the path by now, or refuse by throwing. @returns as `found` */
  agree(): Promise<Info | null>;
  /** A last look at what is replaced, as `PathCheck.check`. */
  check?(current: Info | null): void;
}

/**
 * Publish by name, in place of a file that may be replaced if there is one.
 * @param room null: there is no quota
 * @throws HttpProblem 413: what was to be replaced is gone, and there is no room for a new file
 * @throws OperationTimeout the path changes too often
 */
export async function publishAt(
  exchange: Exchange,
  staged: NamespaceStagedFile,
  placement: Placement,
  room: Reservation | null,
): Promise<Stored> {
  const { found } = placement;
  if (room === null) return tryAt(exchange, staged, placement, false);
  const publish = (from: Info | null, replaceOnly: boolean): Promise<Stored> =>
    publishCounted(room, () => tryAt(exchange, staged, { ...placement, found: from }, replaceOnly));
  const stored = await publish(found, found !== null).catch(async (error: unknown) => {
    if (!(error instanceof PathFree)) throw error;
    // Asked out here, as looking for room waits until nobody publishes.
    await room.useFile();
    return publish(null, false);
  });
  // What was replaced is still counted.
  if (!stored.isNew) exchange.usageChanged();
  return stored;
}

/** Publish what room was kept for. @param room null: there is no quota */
export function publishCounted(room: Reservation | null, publish: () => Promise<Stored>): Promise<Stored> {
  if (room === null) return publish();
  return room.publish(publish, ({ info, isNew }) => ({ bytes: info.size, files: isNew ? 1 : 0 }));
}

async function tryAt(
  exchange: Exchange,
  staged: NamespaceStagedFile,
  { path, fate, found, agree, check }: Placement,
  replaceOnly: boolean,
): Promise<Stored> {
  const checkReplaced = (current: Info | null): void => {
    check?.(current);
    if (current === null) throw new PathChanged();
  };
  let current = found;
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      if (current === null) {
        if (replaceOnly) throw new PathFree();
        return { info: await publishNew(exchange, staged, path, fate), isNew: true };
      }
      return { info: await staged.publish(path, { ...fate, check: checkReplaced }), isNew: false };
    } catch (error) {
      if (!(error instanceof FileExists || error instanceof PathChanged)) throw error;
      // What is in the way and can't be seen, such as a link that leads out, stays.
      if (error instanceof FileExists && tries === TRIES - 1) throw error;
      current = await agree();
    }
  }
  throw new OperationTimeout(path, { message: 'the file is replaced and removed too often' });
}

/**
 * Publish where no file is, or one past its deadline that no purge has removed yet.
 * @throws FileExists
 */
async function publishNew(
  exchange: Exchange,
  staged: NamespaceStagedFile,
  path: string,
  fate: Fate,
): Promise<Info> {
  try {
    return await staged.publish(path, { ...fate, overwrite: false });
  } catch (error) {
    if (!(error instanceof FileExists)) throw error;
    const { info: remains, expired } = await lookUp(exchange, path);
    if (!expired || remains === null) throw error;
    // Past its deadline still, whatever file it is: another, or this one renewed meanwhile, is not to be replaced.
    const check = (current: Info | null, deadline: Date | null): void => {
      const isPast = deadline !== null && deadline.getTime() <= exchange.now();
      if (current !== null && (current.isDir || !isPast)) throw error;
    };
    return staged.publish(path, { ...fate, overwrite: true, check });
  }
}

/**
 * Publish under the first name that is free: `name.ext`, `name-1.ext`, …
 * Of any number of uploads at once, each gets one of its own.
 */
export async function publishRenamed(
  exchange: Exchange,
  staged: NamespaceStagedFile,
  { directory, name, fate }: { directory: string; name: string; fate: Fate },
): Promise<Stored> {
  for (let tries = 0; ; tries++) {
    try {
      const path = joinPath(directory, nameOfTry(name, tries));
      await requireReplaceable(exchange, path);
      return { info: await publishNew(exchange, staged, path, fate), isNew: true };
    } catch (error) {
      const taken = error instanceof FileExists || error instanceof FileExpected;
      if (!taken || tries >= COUNTED_TRIES + RANDOM_TRIES) throw error;
    }
  }
}

function nameOfTry(name: string, tries: number): string {
  if (tries === 0) return name;
  return withSuffix(name, tries <= COUNTED_TRIES ? String(tries) : randomName().slice(0, 8));
}
