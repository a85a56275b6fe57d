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
import { moveExclusively, syncDirectory } from './publishing.js';
import { forget, type StagingArea } from './staging.js';
import { close, constants, open, readFile } from './system-calls.js';
import type { Pin } from './system-path.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NAME = 'id';
/** Where there are no hard links, the file is empty for a moment before its content comes. */
const TRIES = 20;
const WAIT_MS = 10;

/** @throws OperationFailed or a subclass, never ResourceNotFound */
export async function identifyRoot(root: DiskRoot, staging: StagingArea, create: boolean): Promise<string> {
  if (create) await root.create();
  await root.enclosure();
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

function missing(cause?: unknown): never {
  throw new RemoteConnectionError('', {
    message:
      'the root is not the directory that was used before, it has no identity: was it unmounted or replaced?',
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
  const { systemPath } = await staging.receive('', `${identity}\n`);
  try {
    await moveExclusively(systemPath, hidden.at(NAME));
    await syncDirectory(hidden);
    return identity;
  } catch (error) {
    await forget(systemPath);
    if (errnoOf(error) !== 'EEXIST') throw error;
    return (await readIdentity(hidden)) ?? missing(error); // Another process was faster.
  }
}
