import type { Info } from '../fs/info.js';
import type { FileVersion } from '../fs/servable.js';

/** A version of a file in the form in which it is sent. */
export interface Representation {
  readonly version: FileVersion;
  /** In ms since the epoch; null for none. */
  readonly deadline: number | null;
  /** Whose name and type are told: the file that was asked for, also where its compressed form is sent. */
  readonly described: Pick<Info, 'name' | 'contentType' | 'filename'>;
  /** `Content-Encoding`; undefined for the file as it is. */
  readonly coding: string | undefined;
}
