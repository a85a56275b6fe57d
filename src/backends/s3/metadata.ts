/** What is kept with an object beside its bytes. */
import { randomUUID } from 'node:crypto';

/** Name of the mark that tells writes apart. */
export const WRITE_MARK = 'mayfly-write';

/** A mark that differs for every write: two writes of the same bytes have the same entity tag. */
export function writeMark(): { [WRITE_MARK]: string } {
  return { [WRITE_MARK]: randomUUID() };
}

/** Some servers list fractions of a second that their HEAD can't tell; one file has one time. */
export function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
