/**
 * What is stored at a path, as a client may know it: a file past its deadline
 * is gone for everyone, whether or not a purge has come by.
 */
import { DirectoryExpected, ResourceNotFound } from '../errors/errors.js';
import type { Info } from '../fs/info.js';
import type { Exchange } from './exchange.js';

export interface StoredFile {
  /** File or directory at the path; null for nothing. */
  readonly info: Info | null;
  readonly deadline: Date | null;
  /** The deadline has passed. */
  readonly expired: boolean;
}

export async function lookUp(exchange: Exchange, path: string = exchange.path): Promise<StoredFile> {
  const info = await infoAt(exchange, path);
  if (info?.isDir) return { info, deadline: null, expired: false };
  // Who only reads does not wait for a database over the network; who changes something does.
  const recent = exchange.method === 'GET' || exchange.method === 'HEAD';
  const [deadline = null] = await exchange.fs.getExpirations([path], { recent });
  return { info, deadline, expired: deadline !== null && deadline.getTime() <= exchange.now() };
}

/** What is in the way of a file that is to be stored: null for nothing, and for a file past its deadline. */
export async function inTheWay(exchange: Exchange, path: string = exchange.path): Promise<Info | null> {
  const { fs } = exchange;
  // The store is asked all the same: one that is away refuses before a body is taken in.
  if (fs.isFreeNow(path) && fs.expirationNow(path) !== undefined) return null;
  const { info, expired } = await lookUp(exchange, path);
  return expired ? null : info;
}

/** Null also for a path below a file. */
async function infoAt({ fs }: Exchange, path: string): Promise<Info | null> {
  try {
    return await fs.getInfo(path);
  } catch (error) {
    if (error instanceof ResourceNotFound || error instanceof DirectoryExpected) return null;
    throw error;
  }
}
