/**
 * Places as they are written on the command line: `namespace:path`, a URL of a
 * filesystem, or a path on this machine.
 */
import { existsSync, rmdirSync, statSync } from 'node:fs';
import { join, resolve, basename as systemBasename, dirname as systemDirname } from 'node:path';
import { translateError } from '../backends/disk/errno-errors.js';
import { localPathOf, parseFilesystemUrl } from '../composed/filesystem-url.js';
import { openFS } from '../composed/open-filesystem.js';
import { ResourceNotFound } from '../errors/errors.js';
import type { Filesystem } from '../fs/filesystem.js';
import type { NamespaceFS } from '../namespaces/namespace-filesystem.js';
import { isNamespaceName } from '../path/namespace-name.js';
import { UsageError } from './failure.js';

/** A place, opened. */
export interface OpenPlace {
  readonly fs: Filesystem;
  /** In `fs`; not yet looked at. */
  readonly path: string;
  /** Written with a slash at its end: a directory is meant. */
  readonly isDirectory: boolean;
  /** Made when it was opened, so that nothing is in it. */
  readonly isNew: boolean;
  /** `fs` once more, where the place is in a namespace. */
  readonly namespace: NamespaceFS | null;
  /** The directory of this machine that `fs` shows; null elsewhere. */
  readonly directory: string | null;
  /** How a path of `fs` is written on the command line. */
  readonly write: (path: string) => string;
  close(): Promise<void>;
}

/** Opens namespaces of the configured storage. */
export type OpenNamespace = (name: string) => Promise<NamespaceFS>;

const NAMESPACE_FORM = /^([^:/\\]+):(?!\/\/)(.*)$/s;
const DRIVE_FORM = /^[A-Za-z]:[\\/]/;

/** The namespace and path of a place of that form; null for another. @throws UsageError the name is none */
function parseNamespacePlace(text: string): { name: string; path: string } | null {
  if (process.platform === 'win32' && DRIVE_FORM.test(text)) return null;
  const [, name, path] = NAMESPACE_FORM.exec(text) ?? [];
  if (name === undefined || path === undefined || name === '.' || name === '..') return null;
  if (isNamespaceName(name)) return { name, path };
  throw new UsageError(
    `${JSON.stringify(name)} can't be the name of a namespace; if a file of this machine is meant, write ./${text}`,
  );
}

/**
 * @param create make the local directory that the place is in, when it is missing
 * @throws UsageError, ResourceNotFound: no such directory; Unsupported: no such protocol
 */
export async function openPlace(
  text: string,
  openNamespace: OpenNamespace,
  { create = false } = {},
): Promise<OpenPlace> {
  if (text === '') throw new UsageError('a place is empty');
  const inNamespace = parseNamespacePlace(text);
  if (inNamespace !== null) return namespacePlace(inNamespace, text, openNamespace);
  if (!text.includes('://')) return localPlace(text, isDirectoryText(text), create);
  const url = parseFilesystemUrl(text);
  if (url.protocol === 'osfs' || url.protocol === 'file') {
    return localPlace(localPathOf(url), isDirectoryText(url.resource), create);
  }
  return remotePlace(text, url.protocol, url.resource);
}

async function namespacePlace(
  { name, path }: { name: string; path: string },
  text: string,
  openNamespace: OpenNamespace,
): Promise<OpenPlace> {
  const namespace = await openNamespace(name);
  return {
    fs: namespace,
    path: namespace.validatePath(path),
    isDirectory: path === '' || isDirectoryText(text),
    isNew: false,
    namespace,
    directory: null,
    write: (inner) => `${name}:${inner}`,
    close: async () => {},
  };
}

/** A directory is opened itself, a file by its directory, so that nothing outside of it is touched. */
async function localPlace(text: string, isDirectory: boolean, create: boolean): Promise<OpenPlace> {
  const full = resolve(text);
  const isThere = isDirectoryAt(full, text);
  const root = isThere || (create && isDirectory) ? full : systemDirname(full);
  if (!create && !existsSync(root)) throw new ResourceNotFound(text);
  const ours = !existsSync(join(root, '.mayfly'));
  const fs = await openFS(`osfs://${encodeURIComponent(root)}${create ? '?create=true' : ''}`);
  return {
    fs,
    path: root === full ? '' : systemBasename(full),
    isDirectory,
    isNew: root === full && !isThere,
    namespace: null,
    directory: root,
    write: (inner) => join(root === full ? text : systemDirname(text), inner),
    close: async () => {
      await fs.close();
      if (ours) removeStagingArea(root);
    },
  };
}

/** @throws what the system refuses, in mayfly's words: something above it is a file, or may not be entered */
function isDirectoryAt(systemPath: string, text: string): boolean {
  try {
    return statSync(systemPath, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    throw translateError(error, text);
  }
}

/** The bucket is opened, or whatever comes first in the URL; what follows is the path in it. */
async function remotePlace(text: string, protocol: string, resource: string): Promise<OpenPlace> {
  const [, head = '', query = ''] = /^([^?]*)(\?.*)?$/s.exec(text) ?? [];
  const [first = '', ...rest] = resource.split('/');
  const credentials = /:\/\/([^/?@]*@)?/.exec(head)?.[1] ?? '';
  const fs = await openFS(`${protocol}://${credentials}${encodeURIComponent(first)}${query}`);
  return {
    fs,
    path: fs.validatePath(rest.join('/')),
    isDirectory: rest.join('/') === '' || isDirectoryText(resource),
    isNew: false,
    namespace: null,
    directory: null,
    write: (inner) => `${protocol}://${first}/${inner}`,
    close: () => fs.close(),
  };
}

function isDirectoryText(text: string): boolean {
  return /(?:^|[/\\])\.{0,2}$/.test(text);
}

/** Where files waited to be published: nothing of it should stay in a directory that is not a storage. */
function removeStagingArea(root: string): void {
  for (const directory of [join(root, '.mayfly', 'tmp'), join(root, '.mayfly')]) {
    try {
      rmdirSync(directory);
    } catch {
      return; // There is none, or somebody uses it.
    }
  }
}
