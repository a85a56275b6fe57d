/** `openFS`: from a URL to a filesystem, by a registry of protocols to which users add their own. */
import type { OSFS } from '../backends/disk/disk-filesystem.js';
import { openDirectory } from '../backends/disk/open-directory.js';
import { TempFS } from '../backends/disk/temp-filesystem.js';
import { MemoryFS } from '../backends/memory/memory-filesystem.js';
import { S3FS } from '../backends/s3/s3-filesystem.js';
import { InvalidPath, Unsupported } from '../errors/errors.js';
import type { Filesystem } from '../fs/filesystem.js';
import {
  checkProtocol,
  type FilesystemUrl,
  isOn,
  localPathOf,
  parseFilesystemUrl,
} from './filesystem-url.js';

/** Opens the filesystems of one protocol. */
export type FilesystemOpener = (url: FilesystemUrl) => Filesystem | Promise<Filesystem>;

const openers = new Map<string, FilesystemOpener>([
  ['osfs', openLocal],
  ['file', openLocal],
  ['mem', () => new MemoryFS()],
  ['s3', openBucket],
  ['temp', ({ resource }) => new TempFS(resource === '' ? {} : { identifier: resource })],
]);

/**
 * Open a filesystem by its URL (pyfilesystem2's `open_fs`). Whoever opens it closes it.
 *
 * - `osfs:///abs/path`, `file:///abs/path`, or a bare path: a directory. `?create=true` makes it when it is missing.
 * - `mem://`: a new `MemoryFS`.
 * - `s3://bucket/prefix`: an `S3FS`. Parameters `region`, `endpoint`, `forcePathStyle`, `strict`; a key and its secret as user and
 *   password, else those of the SDK.
 * - `temp://` or `temp://identifier`: a new `TempFS`.
 *
 * @throws ResourceNotFound, DirectoryExpected: the directory; Unsupported: unknown protocol; InvalidPath: not percent-encoded rightly; TypeError
 * @example const files = await openFS('osfs:///var/lib/app/files?create=true');
 */
export async function openFS(url: string): Promise<Filesystem> {
  const parsed = parseFilesystemUrl(url);
  const opener = openers.get(parsed.protocol);
  if (opener !== undefined) return opener(parsed);
  throw new Unsupported(undefined, {
    message: `no filesystem has the protocol ${JSON.stringify(parsed.protocol)}: known are ${[...openers.keys()].join(', ')}. registerProtocol adds one`,
  });
}

/**
 * Teach `openFS` a protocol, for the whole process. It takes the place of one
 * of the same name.
 *
 * @param protocol letters, digits, `+`, `.` and `-`, beginning with a letter; case does not count
 * @returns takes the protocol away again, and brings back the one before
 * @throws Unsupported it can't be the name of a protocol
 * @example registerProtocol('archive', ({ resource }) => new ArchiveFS(resource));
 */
export function registerProtocol(protocol: string, opener: FilesystemOpener): () => void {
  if (typeof opener !== 'function') throw new TypeError('the opener must be a function');
  const name = checkProtocol(protocol.toLowerCase());
  const before = openers.get(name);
  openers.set(name, opener);
  return () => {
    if (openers.get(name) !== opener) return; // Somebody else's by now.
    if (before === undefined) openers.delete(name);
    else openers.set(name, before);
  };
}

/** As the opener of pyfilesystem2's S3FS, whose `endpoint_url` is taken too. */
function openBucket(url: FilesystemUrl): S3FS {
  const [bucket = '', ...prefix] = url.resource.split('/');
  const { parameters, user, password } = url;
  const region = parameters.get('region');
  const endpoint = parameters.get('endpoint') ?? parameters.get('endpoint_url');
  return new S3FS({
    bucket,
    prefix: prefix.join('/'),
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(parameters.has('forcePathStyle') ? { forcePathStyle: isOn(url, 'forcePathStyle') } : {}),
    ...(parameters.has('strict') ? { strict: isOn(url, 'strict') } : {}),
    ...(user === null ? {} : { awsAccessKeyId: user }),
    ...(password === null ? {} : { awsSecretAccessKey: password }),
  });
}

async function openLocal(url: FilesystemUrl): Promise<OSFS> {
  const path = localPathOf(url);
  if (path === '' || path.includes('\0')) {
    throw new InvalidPath('', { message: 'the URL of the filesystem names no directory: osfs:///abs/path' });
  }
  return openDirectory(path, { create: isOn(url, 'create') });
}
