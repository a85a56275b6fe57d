/** `hash` of a file, streamed. */
import { createHash, type Hash } from 'node:crypto';
import { Unsupported } from '../../errors/errors.js';
import type { FilesystemEssentials } from '../essentials.js';

export async function hash(fs: FilesystemEssentials, path: string, algorithm: string): Promise<string> {
  if (typeof algorithm !== 'string')
    throw new TypeError(`algorithm must be a string, not ${typeof algorithm}`);
  const digest = newHash(path, algorithm);
  for await (const chunk of await fs.openRead(path)) digest.update(chunk as Uint8Array);
  return digest.digest('hex');
}

function newHash(path: string, algorithm: string): Hash {
  try {
    return createHash(algorithm);
  } catch (cause) {
    throw new Unsupported(path, {
      message: `no hash algorithm ${JSON.stringify(algorithm.slice(0, 100))}: take one of getHashes() of node:crypto`,
      cause,
    });
  }
}
