/**
 * Names to save files under, beside plain files that can't hold one: a small
 * file for each in `.mayfly/names` at the root.
 *
 * It is called after what tells one version of a file from all others, as the
 * entity tag does (inode, size, time of change), and tells where that version
 * lies. So a file that is replaced, changed, or moved by others has no name
 * rather than another's. It is there before its file is, but after times that
 * are set, as what the file system makes of them only shows then. What its file
 * has left behind is swept.
 */
import type { Buffer } from 'node:buffer';
import { microsOf } from './disk-info.js';
import type { DiskRoot } from './disk-root.js';
import { errnoOf, saysNothingThere } from './errno-errors.js';
import type { Pin } from './pin.js';
import { syncDirectory } from './publishing.js';
import { forget, makeIn, pinExactly, type StagingArea } from './staging.js';
import {
  close,
  constants,
  lstat,
  lstatSync,
  open,
  QUIETLY,
  readdir,
  readFile,
  rename,
  type Stats,
  unlink,
} from './system-calls.js';
import { HIDDEN_DIRECTORY } from './system-path.js';

const DIRECTORY = 'names';
/** Directories that they are spread over; a sweep looks into one, so that millions of names are no burden. */
const SHARDS = 256;
const SWEEP_BATCH = 64;
/** How far the times of files may be behind or before the clock. */
const CLOCK_SLACK_MS = 2_500;
/** Of a name and a path, with room for what JSON makes of them. */
const MAX_BYTES = 64 * 1024;
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What of `Stats` tells versions apart. */
type Version = Pick<Stats, 'ino' | 'size' | 'mtimeMs' | 'ctimeMs'>;

interface Kept {
  /** Path of the file below the root. */
  readonly place: string;
  readonly filename: string;
}

export class Filenames {
  readonly #root: DiskRoot;
  readonly #staging: StagingArea;
  /** When the directory was last seen to be missing, ms since the epoch; null once it has been there. */
  #missingAt: number | null = 0;
  #shard = Math.floor(Math.random() * SHARDS);

  constructor(root: DiskRoot, staging: StagingArea) {
    this.#root = root;
    this.#staging = staging;
  }

  /** The name kept for a version that lies at a system path; undefined for none, also where it can't be read. */
  async get(systemPath: string, version: Version): Promise<string | undefined> {
    const { base } = await this.#root.enclosure();
    if (await this.#isOlderThanAll(base, version)) return undefined;
    const kept = await readKept(`${base}/${HIDDEN_DIRECTORY}/${DIRECTORY}/${placeOf(version)}`);
    return kept?.place === systemPath.slice(base.length + 1) ? kept.filename : undefined;
  }

  /** Keep a name for a version that is about to lie at a system path. */
  async put(systemPath: string, version: Version, filename: string): Promise<void> {
    const { base } = await this.#root.enclosure();
    const kept: Kept = { place: systemPath.slice(base.length + 1), filename };
    const file = await this.#staging.receive('', JSON.stringify(kept));
    try {
      await file.synced;
      const shard = await this.#makeShard(base, version);
      try {
        await rename(file.systemPath, shard.at(nameOf(version)));
        if (this.#root.durable) await syncDirectory(shard);
      } finally {
        shard.close();
      }
    } catch (error) {
      await forget(file.systemPath);
      throw error;
    }
  }

  /** Remove, in one of the directories, names older than `before` whose version lies no more where it did. */
  async sweep(before: Date): Promise<void> {
    const { base } = await this.#root.enclosure();
    this.#shard = (this.#shard + 1) % SHARDS;
    const directory = `${base}/${HIDDEN_DIRECTORY}/${DIRECTORY}/${shardName(this.#shard)}`;
    let shard: Pin;
    try {
      shard = await pinExactly(directory, this.#root.foreground);
    } catch (error) {
      if (saysNothingThere(error)) return;
      throw error;
    }
    try {
      const names = await readdir(shard.here);
      for (let at = 0; at < names.length; at += SWEEP_BATCH) {
        const batch = names.slice(at, at + SWEEP_BATCH);
        await Promise.all(batch.map((name) => sweepOne(base, shard.at(name), name, before)));
      }
    } finally {
      shard.close();
    }
  }

  /**
   * Whether no name can have been kept for it: when it came to its place, which
   * its time of change tells, the directory was not there yet. Where all files
   * are older than that, nothing is asked.
   */
  async #isOlderThanAll(base: string, { ctimeMs }: Version): Promise<boolean> {
    if (this.#missingAt === null) return false;
    // On network file systems times are those of another clock.
    if (this.#root.foreground.isLocal && ctimeMs < this.#missingAt - CLOCK_SLACK_MS) return true;
    const asked = Date.now();
    const isMissing = await this.#isMissing(`${base}/${HIDDEN_DIRECTORY}/${DIRECTORY}`);
    if (this.#missingAt !== null) this.#missingAt = isMissing ? asked : null;
    return isMissing;
  }

  async #isMissing(directory: string): Promise<boolean> {
    const { foreground } = this.#root;
    // Asked of every new file; the hidden directory is where the staged ones lie as well.
    try {
      if (foreground.isOpen) return foreground.ask(() => lstatSync(directory, QUIETLY)) === undefined;
      await lstat(directory);
      return false;
    } catch (error) {
      return saysNothingThere(error);
    }
  }

  async #makeShard(base: string, version: Version): Promise<Pin> {
    const hidden = `${base}/${HIDDEN_DIRECTORY}`;
    const name = shardOf(version);
    const path = `${hidden}/${DIRECTORY}/${name}`;
    const { foreground } = this.#root;
    this.#missingAt = null;
    try {
      return await pinExactly(path, foreground);
    } catch (error) {
      if (!saysNothingThere(error)) throw error;
      await makeIn(hidden, DIRECTORY, foreground);
      await makeIn(`${hidden}/${DIRECTORY}`, name, foreground);
      return pinExactly(path, foreground);
    }
  }
}

function shardOf({ ino }: Version): string {
  return shardName(ino % SHARDS);
}

function shardName(shard: number): string {
  return shard.toString(16).padStart(2, '0');
}

/** As the entity tag, so that it is as good as that. */
function nameOf({ ino, size, mtimeMs }: Version): string {
  return [ino, size, microsOf(mtimeMs)].map((value) => value.toString(36)).join('-');
}

function placeOf(version: Version): string {
  return `${shardOf(version)}/${nameOf(version)}`;
}

/** Whatever goes wrong: a file without its first name is better than none. */
async function readKept(systemPath: string): Promise<Kept | null> {
  try {
    const fd = await open(systemPath, READ);
    try {
      const bytes = await readFile(fd);
      return bytes.length > MAX_BYTES ? null : parseKept(bytes);
    } finally {
      await close(fd);
    }
  } catch {
    return null;
  }
}

function parseKept(bytes: Buffer): Kept | null {
  const value: unknown = JSON.parse(bytes.toString('utf8'));
  if (typeof value !== 'object' || value === null || !('place' in value) || !('filename' in value))
    return null;
  const { place, filename } = value;
  return typeof place === 'string' && typeof filename === 'string' ? { place, filename } : null;
}

async function sweepOne(base: string, systemPath: string, name: string, before: Date): Promise<void> {
  try {
    const found = await lstat(systemPath);
    if (found.mtimeMs >= before.getTime()) return; // Its file may be on its way.
    const kept = await readKept(systemPath);
    if (kept !== null && (await liesAt(`${base}/${kept.place}`, name))) return;
    // Its file may have been moved meanwhile, and brought it anew.
    if ((await lstat(systemPath)).ino === found.ino) await unlink(systemPath);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error; // Another sweep was faster.
  }
}

async function liesAt(systemPath: string, name: string): Promise<boolean> {
  try {
    return nameOf(await lstat(systemPath)) === name;
  } catch (error) {
    if (saysNothingThere(error)) return false;
    throw error;
  }
}
