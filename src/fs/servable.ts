/**
 * Files for those who serve them, again and again: one version at a time, with
 * as few questions to the storage as it can do with.
 */
import type { Buffer } from 'node:buffer';
import type { Moment } from '../clock/moment.js';
import type { Info } from './info.js';

/** One version of a file. All of its bytes are of this version, whatever happens to the path meanwhile. */
export interface FileVersion {
  /** The same object as long as it is the same version, so that what follows from it needs to be made once. */
  readonly info: Info;
  /** All bytes, where they are in memory. Others have them too: not to be changed. */
  readonly bytes: Buffer | null;
  /**
   * The file, open; whoever gets the version closes it. Where this and `bytes`
   * are null the version is still to be opened, by `Filesystem.openVersion`.
   */
  readonly file: OpenFile | null;
}

/** A file that stays open until it is closed, with the bytes that it had. */
export interface OpenFile {
  /**
   * Read bytes from `position` on into all of `into`.
   * @returns how many were read; 0: the file has been cut short meanwhile
   * @throws OperationFailed or a subclass
   */
  read(into: Buffer, position: number): Promise<number>;
  /** Let go, once no read is under way; a second close does nothing. */
  close(): void;
}

/** What a backend can do for those who serve its files. Paths are canonical. */
export interface Servable {
  /**
   * The file's version of now, when that can be told without making anybody
   * wait: what is in memory is right at the moment of asking.
   * @param moment directories on the way are looked at once in each
   * @returns null when it can't; that says nothing of the file
   */
  atHand(path: string, moment?: Moment): FileVersion | null;
  /**
   * Open the file's version of now.
   * @returns null when nothing is there, or a directory
   * @throws OperationFailed or a subclass
   */
  open(path: string): Promise<FileVersion | null>;
}
