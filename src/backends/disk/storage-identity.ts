/**
 * Which storage a root is: a UUID in `.mayfly/id`, made once.
 *
 * Whoever keeps deadlines for the files of a root can tell by it an unmounted
 * disk, or another directory, from one whose files are really gone.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { OperationFailed, RemoteConnectionError } from '../../errors/errors.js';
import type { DiskRoot } from './disk-root.js';
import { rootError } from './disk-root.js';
import { errnoOf, saysNothingThere } from './errno-errors.js';
import type { Pin } from './pin.js';
import { moveExclusively, syncDirectory } from './publishing.js';
import { forget, type StagingArea } from './staging.js';
import { close, constants, lstat, lstatSync, open, QUIETLY, readFile, type Stats } from './system-calls.js';
import { HIDDEN_DIRECTORY } from './system-path.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NAME = 'id';
/** Where there are no hard links, the file is empty for a moment before its content comes. */
const TRIES = 20;
const WAIT_MS = 10;

/** The identity of a root, and the file that tells it. */
export class StorageIdentity {
  readonly #root: DiskRoot;
  readonly #staging: StagingArea;
  #known: { readonly identity: string; readonly systemPath: string; readonly file: Stats } | null = null;

  constructor(root: DiskRoot, staging: StagingArea) {
    this.#root = root;
    this.#staging = staging;
  }

  /**
   * Asked at every miss, so one look at the file has to do while it is the one that was read last.
   * @param create make one where there is none
   * @throws OperationFailed or a subclass, never ResourceNotFound
   */
  async identify(create: boolean): Promise<string> {
    if (create) await this.#root.create();
    const { base } = await this.#root.enclosure();
    const systemPath = `${base}/${HIDDEN_DIRECTORY}/${NAME}`;
    const file = await this.#look(systemPath);
    const known = this.#known;
    if (known !== null && file !== null && isUnchanged(known.file, file)) return known.identity;
    const identity = await this.#read(create);
    // Whatever came between the look and the reading makes the next look differ.
    this.#known = file === null ? null : { identity, systemPath, file };
    return identity;
  }

  /** As `identify`, at once; null where that can't be. */
  identifyNow(): string | null {
    const { foreground } = this.#root;
    const known = this.#known;
    if (known === null || !foreground.isOpen) return null;
    const file = foreground.ask(() => lstatSync(known.systemPath, QUIETLY));
    return file !== undefined && isUnchanged(known.file, file) ? known.identity : null;
  }

  async #look(systemPath: string): Promise<Stats | null> {
    const { foreground } = this.#root;
    try {
      const isMet = this.#known !== null && foreground.isOpen;
      return isMet ? foreground.ask(() => lstatSync(systemPath)) : await lstat(systemPath);
    } catch {
      return null;
    }
  }

  async #read(create: boolean): Promise<string> {
    const staging = this.#staging;
    try {
      if (create) await staging.makeHidden();
      const hidden = await staging.pinHidden();
      try {
        return (await readIdentity(hidden)) ?? (create ? await makeIdentity(hidden, staging) : missing());
      } finally {
        hidden.close();
      }
    } catch (error) {
      if (error instanceof OperationFailed) throw error;
      if (saysNothingThere(error)) return missing(error);
      throw rootError('the identity of the storage can not be read', error);
    }
  }
}

function isUnchanged(before: Stats, now: Stats): boolean {
  const same = before.dev === now.dev && before.ino === now.ino && before.size === now.size;
  return same && before.mtimeMs === now.mtimeMs && before.ctimeMs === now.ctimeMs;
}

function missing(cause?: unknown): never {
  throw new RemoteConnectionError('', {
    message:
      'the root is not the directory that was used before, it has no identity: was it unmounted or replaced, or does the expiration store belong to another?',
    cause,
  });
}

async function readIdentity(hidden: Pin): Promise<string | null> {
  for (let tries = 1; ; tries++) {
    const text = await readText(hidden.at(NAME));
    if (text === null) return null;
    if (UUID.test(text)) return text;
    if (tries === TRIES) {
      throw new OperationFailed('', {
        message: 'the identity of the storage is damaged: restore .mayfly/id at the root from a backup',
      });
    }
    await delay(WAIT_MS);
  }
}

async function readText(systemPath: string): Promise<string | null> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  let fd: number;
  try {
    fd = await open(systemPath, flags);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    return (await readFile(fd, 'utf8')).trim();
  } finally {
    await close(fd);
  }
}

async function makeIdentity(hidden: Pin, staging: StagingArea): Promise<string> {
  const identity = randomUUID();
  const { systemPath, synced } = await staging.receive('', `${identity}\n`);
  try {
    await synced;
    await moveExclusively(systemPath, hidden.at(NAME));
    await syncDirectory(hidden);
    return identity;
  } catch (error) {
    await forget(systemPath);
    if (errnoOf(error) !== 'EEXIST') throw error;
    return (await readIdentity(hidden)) ?? missing(error); // Another process was faster.
  }
}
