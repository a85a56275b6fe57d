/**
 * Names for the file parts of a form that have an empty one, on their way into
 * the parser.
 *
 * `filename=""` makes a part a file as any other name does: browsers write it
 * for a file without a name and for an input left unfilled (HTML Standard,
 * "multipart/form-data encoding algorithm"). To the parser it makes a field,
 * unless the type is application/octet-stream, and of a field it can't be told
 * afterwards what it was. So the name is filled in where heads of parts go by.
 * Content is only searched for delimiters, and no more is held back than the
 * beginning of a delimiter or a head.
 */
import { randomUUID } from 'node:crypto';
import { MIMEType } from 'node:util';

/** Stands for an empty name; drawn anew by each process, so no client can know it. */
export const EMPTY_NAME = randomUUID();

const EMPTY_NAME_BYTES = Buffer.from(EMPTY_NAME);
const NOTHING: Buffer = Buffer.alloc(0);
const HEAD_END = '\r\n\r\n';
const CR = 0x0d;
const LF = 0x0a;
/** With longer ones the parser refuses the form. */
const MAX_HEAD_BYTES = 16 * 1024;
/**
 * To where the name goes. In a quoted string `""` can't occur, or it would be
 * malformed, so this needs no look at what else there is; lines may be folded.
 */
const EMPTY_FILENAME =
  /(?:^|\n)content-disposition:(?:[^\r\n]|\r\n[ \t])*?;(?:[ \t]|\r\n[ \t])*filename="(?=")/i;

export class EmptyNames {
  /** Ends the content of a part, and begins the next one if a line break comes after it. */
  readonly delimiter: Buffer;
  /** Of what the last `fill` has given, so many bytes at its beginning are content of the part that was being read. */
  contentLength = 0;
  #wanted: Buffer;
  #isInHead = false;
  #held: Buffer = NOTHING;

  constructor(boundary: string) {
    this.delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#wanted = this.delimiter.subarray(2); // Nothing needs to be before the first one.
  }

  /** @returns what may be passed on: of most chunks all, without a copy; of some nothing yet */
  fill(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const pieces: Buffer[] = [];
    let taken = 0;
    let at = 0;
    this.contentLength = 0;
    let isContent = !this.#isInHead;
    for (;;) {
      if (!this.#isInHead) {
        const found = bytes.indexOf(this.#wanted, at);
        if (found < 0) at = partialAtEnd(bytes, this.#wanted, at);
        if (isContent) this.contentLength = found < 0 ? at : found;
        if (found < 0) break;
        isContent = false;
        const after = found + this.#wanted.length;
        if (bytes.length < after + 2) {
          at = found; // What it is shows by what comes next.
          break;
        }
        at = after;
        if (bytes[after] !== CR || bytes[after + 1] !== LF) continue;
        at += 2;
        this.#wanted = this.delimiter;
        this.#isInHead = true;
      }
      const end = bytes.indexOf(HEAD_END, at);
      if (end < 0 && bytes.length - at <= MAX_HEAD_BYTES) break;
      this.#isInHead = false;
      if (end < 0) continue;
      const match = EMPTY_FILENAME.exec(bytes.toString('latin1', at, end));
      if (match !== null) {
        const gap = at + match.index + match[0].length;
        pieces.push(bytes.subarray(taken, gap), EMPTY_NAME_BYTES);
        taken = gap;
      }
      at = end;
    }
    this.#held = bytes.subarray(at);
    const rest = bytes.subarray(taken, at);
    return pieces.length === 0 ? rest : Buffer.concat([...pieces, rest]);
  }

  /** As `fill`, of a form that is all here. */
  fillAll(form: Buffer): Buffer {
    const filled = this.fill(form);
    const held = this.end();
    return filled.length + held.length === form.length ? form : Buffer.concat([filled, held]);
  }

  /** Whether the last bytes may be the beginning of a delimiter. */
  endsOpen(bytes: Buffer): boolean {
    return partialAtEnd(bytes, this.delimiter, 0) < bytes.length;
  }

  /** What was held back, when nothing comes after it. */
  end(): Buffer {
    const held = this.#held;
    this.#held = NOTHING;
    return held;
  }
}

/** @returns where the delimiter begins of which only a part has come, or the end */
function partialAtEnd(bytes: Buffer, delimiter: Buffer, from: number): number {
  const first = delimiter[0] as number;
  let at = bytes.indexOf(first, Math.max(from, bytes.length - delimiter.length + 1));
  while (at >= 0) {
    if (bytes.subarray(at).equals(delimiter.subarray(0, bytes.length - at))) return at;
    at = bytes.indexOf(first, at + 1);
  }
  return bytes.length;
}

/** As all clients write it; anything else is read by the rules. */
const USUAL_TYPE = /^multipart\/form-data; boundary=([\w!#$%&'*+.^`|~-]+)$/;

/** @returns undefined where the type names none: then the parser refuses the form */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const [, usual] = USUAL_TYPE.exec(contentType ?? '') ?? [];
  if (usual !== undefined) return usual;
  try {
    return new MIMEType(contentType ?? '').params.get('boundary') ?? undefined;
  } catch {
    return undefined;
  }
}
