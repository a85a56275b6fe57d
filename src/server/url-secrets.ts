/**
 * The secrets by which the program signs URLs: those that it was told, or one
 * of its own, made at the first start and kept in a file. Were it made anew at
 * each start, links would end with the process, and workers would refuse each
 * other's.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { makeDirectoriesSync } from '../backends/disk/make-directories.js';
import { codeOf } from '../errors/code-of.js';
import type { UrlsOptions } from '../options/options.js';
import { isSecret, MIN_SECRET_BYTES } from '../urls/signing-key.js';
import type { UrlSettings } from './config.js';
import { BadSettings } from './config.js';

/**
 * How URLs are signed; makes the program's own secret where there is none yet.
 * @returns null: not at all
 * @throws BadSettings the file can't be made or read, or holds no secret
 */
export function urlSigning({ secrets, required, secretFile }: UrlSettings): Required<UrlsOptions> | null {
  if (secrets.length > 0) return { secrets, required };
  return secretFile === null ? null : { secrets: ownSecrets(secretFile), required };
}

/** One secret a line, the newest first, so that it can be changed as those of the settings can. */
function ownSecrets(file: string): string[] {
  const text = explained(file, () => {
    const found = readIfThere(file);
    if (found !== null) return found;
    publish(file, `${randomBytes(MIN_SECRET_BYTES).toString('base64url')}\n`);
    // Another process may have been first.
    return readFileSync(file, 'utf8');
  });
  const secrets = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  if (secrets.length > 0 && secrets.every(isSecret)) return secrets;
  throw new BadSettings(
    `${file} should hold a secret of at least ${MIN_SECRET_BYTES} bytes a line: ` +
      'remove it to have a new one made, which voids the links that are out, or set MAYFLY_URL_SECRETS',
  );
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** What link(2) says on file systems without hard links. */
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/**
 * Of several processes one wins, and none sees half a file: a link to what is whole fails if the name is taken.
 * Where there are no hard links, who reads while the first one copies may find the file empty; then it refuses to
 * start, and finds the secret when it is started again.
 */
function publish(file: string, content: string): void {
  makeDirectoriesSync(dirname(file));
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
    nameExclusively(draft, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    closeSync(descriptor);
    rmSync(draft, { force: true });
  }
}

function nameExclusively(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!NO_HARD_LINKS.has(codeOf(error))) throw error;
    copyFileSync(draft, file, constants.COPYFILE_EXCL);
  }
}

function explained(file: string, work: () => string): string {
  try {
    return work();
  } catch (error) {
    const code = codeOf(error) || 'unknown error';
    throw new BadSettings(
      `the secret of signed URLs in ${file} can't be read or made (${code}): set MAYFLY_URL_SECRETS`,
    );
  }
}
