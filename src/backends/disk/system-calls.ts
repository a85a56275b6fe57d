/**
 * The calls of node:fs that this backend makes, as promises over bare
 * descriptors. `FileHandle` of node:fs/promises would do, but costs a turn of
 * the thread pool to close, and closing is most of what pinning does.
 */
import * as fs from 'node:fs';
import { promisify } from 'node:util';

export type { Stats } from 'node:fs';
export const {
  chmodSync,
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
  writevSync,
} = fs;

/** For `lstatSync` and `statSync`: to be told by an error that nothing is there takes longer. */
export const QUIETLY = { throwIfNoEntry: false } as const;

export const chmod = promisify(fs.chmod);
export const close = promisify(fs.close);
export const copyFile = promisify(fs.copyFile);
export const fstat = promisify(fs.fstat);
export const fsync = promisify(fs.fsync);
export const futimes = promisify(fs.futimes);
export const link = promisify(fs.link);
export const lstat = promisify(fs.lstat);
export const mkdir = promisify(fs.mkdir);
export const open = promisify(fs.open);
export const opendir = promisify(fs.opendir);
export const read = promisify(fs.read);
export const readdir = promisify(fs.readdir);
export const readFile = promisify(fs.readFile);
export const readlink = promisify(fs.readlink);
export const realpath = promisify(fs.realpath.native);
export const realpathSync = fs.realpathSync.native;
export const rm = promisify(fs.rm);
export const rename = promisify(fs.rename);
export const rmdir = promisify(fs.rmdir);
export const stat = promisify(fs.stat);
export const statfs = promisify(fs.statfs);
export const unlink = promisify(fs.unlink);
export const utimes = promisify(fs.utimes);
export const writev = promisify(fs.writev);
export const closeCallback = fs.close;
export const readCallback = fs.read;
