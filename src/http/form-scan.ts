/**
 * What the parser of forms is not good enough at: on their way into it, forms
 * are searched for the delimiters of their parts.
 *
 * `filename=""` makes a part a file as any other name does: browsers write it
 * for a file without a name and for an input left unfilled (HTML Standard,
 * "multipart/form-data encoding algorithm"). To the parser it makes a field,
 * unless the type is application/octet-stream, and of a field it can't be told
 * afterwards what it was. So a name is filled in where heads of parts go by.
 *
 * Nor is the parser sure of what comes after the last delimiter, or of a
 * delimiter in a head: the one is dropped, and the other told of. And it need
 * not see all of the content, so that is told as well.
 *
 * No more is held back than the beginning of a delimiter or a head.
 */
import { randomUUID } from 'node:crypto';
import { MIMEType } from 'node:util';

/** Stands for an empty name; drawn anew by each process, so no client can know it. */
export const EMPTY_NAME = randomUUID();

const EMPTY_NAME_BYTES = Buffer.from(EMPTY_NAME);
const NOTHING: Buffer = Buffer.alloc(0);
const HEAD_END = '\r\n\r\n';
const DASH = 0x2d;
const TAB = 0x09;
const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;
/** With longer ones the parser refuses the form. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Longer ones are no padding. */
const MAX_PADDING_BYTES = 1024;
/** As some clients send it, whatever the name is. To the parser a head with a control character is malformed. */
const NAME = /;(?:[ \t]|\r\n[ \t])*filename="(?:[^"\\\r\n]|\\[^\r\n])*"/gi;
const CONTROLS = /[\0-\x08\v\f\x0e-\x1f\x7f]+/g;
/**
 * To where the name goes. In a quoted string `""` can't occur, or it would be
 * malformed, so this needs no look at what else there is; lines may be folded.
 */
const EMPTY_FILENAME =
  /(?:^|\n)content-disposition:(?:[^\r\n]|\r\n[ \t])*?;(?:[ \t]|\r\n[ \t])*filename="(?=")/i;

/** Of one form, chunk by chunk. */
export class FormScan {
  /** Ends the content of a part, and begins the next one if a line break comes after it. */
  readonly delimiter: Buffer;
  /** Of what the last `fill` has given, so many bytes at its beginning are content of the part that was being read. */
  contentLength = 0;
  /** A delimiter is within a head or another delimiter, or a head has no end: what parts there are then depends on who reads them. */
  isMalformed = false;
  #wanted: Buffer;
  #isInHead = false;
  /** What comes after the last delimiter is no part, but the parser takes it for one if it comes in the same chunk. */
  #isOver = false;
  /** Where the content after the last head begins, in what is held and comes next; 0 once it has begun. */
  #contentAt = 0;
  #held: Buffer = NOTHING;

  constructor(boundary: string) {
    this.delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#wanted = this.delimiter.subarray(2); // No line break needs to be before what begins the form.
  }

  /** @returns what may be passed on: of most chunks all, without a copy; of some nothing yet */
  fill(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.contentLength = 0;
    if (this.#isOver || this.#mayBeFirst(bytes)) {
      this.#held = this.#isOver ? NOTHING : bytes;
      return NOTHING;
    }
    const edits: Edit[] = [];
    let isContent = !this.#isInHead;
    let at = 0;
    for (;;) {
      if (!this.#isInHead) {
        const found = bytes.indexOf(this.#wanted, at);
        if (found < 0) at = partialAtEnd(bytes, this.#wanted, at);
        if (isContent) this.contentLength = found < 0 ? at : found;
        if (found < 0) break;
        if (found < this.#contentAt) this.isMalformed = true;
        isContent = false;
        const after = found + this.#wanted.length;
        const padded = paddingEnd(bytes, after);
        if (bytes.length < padded + 2 && padded - after <= MAX_PADDING_BYTES) {
          at = found; // What it is shows by what comes next.
          break;
        }
        at = this.#passDelimiter(bytes, after, padded, edits);
        if (this.#isOver || this.isMalformed) break;
      }
      const end = this.#passHead(bytes, at, edits);
      if (end < 0) break;
      at = end;
    }
    this.#contentAt = Math.max(0, this.#contentAt - at);
    this.#held = this.#isOver ? NOTHING : bytes.subarray(at);
    return edited(bytes.subarray(0, at), edits);
  }

  /** As `fill`, of a form that is all here. */
  fillAll(form: Buffer): Buffer {
    const filled = this.fill(form);
    const held = this.end();
    return held.length === 0 ? filled : Buffer.concat([filled, held]);
  }

  /** Whether the last bytes may be the beginning of a delimiter. */
  endsOpen(bytes: Buffer): boolean {
    return partialAtEnd(bytes, this.delimiter, 0) < bytes.length;
  }

  /**
   * @param after where a delimiter ends
   * @param padded where its padding does (RFC 2046 section 5.1.1); at least two bytes follow
   * @returns where what is between parts ends, or a head begins
   */
  #passDelimiter(bytes: Buffer, after: number, padded: number, edits: Edit[]): number {
    this.#wanted = this.delimiter;
    this.#isOver = bytes[after] === DASH && bytes[after + 1] === DASH;
    if (this.#isOver) return after + 2;
    const isPadded = padded - after <= MAX_PADDING_BYTES;
    this.#isInHead = isPadded && bytes[padded] === CR && bytes[padded + 1] === LF;
    // Nothing else ends a delimiter. The parser would drop the part, or what it takes for the end of the last one.
    if (!this.#isInHead) this.isMalformed = true;
    else if (padded > after) edits.push({ at: after, end: padded, bytes: NOTHING });
    return padded + 2;
  }

  /**
   * @param edits is told of the name that goes in, if the head has an empty one, and of what goes out
   * @returns the end of the head, from where delimiters are looked for; -1 when more must come first
   */
  #passHead(bytes: Buffer, at: number, edits: Edit[]): number {
    const end = bytes.indexOf(HEAD_END, at);
    if (end < 0 && bytes.length - at <= MAX_HEAD_BYTES) return -1;
    this.#isInHead = false;
    if (end < 0 || this.#hasDelimiter(bytes.subarray(at, end))) this.isMalformed = true;
    if (end < 0) return at;
    edits.push(...editsOf(bytes.toString('latin1', at, end), at));
    this.#contentAt = end + HEAD_END.length;
    return end;
  }

  /** Whether these first bytes are the beginning of a delimiter. If not, only what is after a line break is one. */
  #mayBeFirst(bytes: Buffer): boolean {
    if (this.#wanted === this.delimiter || beginsWith(bytes, this.#wanted)) return false;
    if (beginsWith(this.#wanted, bytes)) return true;
    this.#wanted = this.delimiter;
    return false;
  }

  /** The line break before a head counts for both. */
  #hasDelimiter(head: Buffer): boolean {
    return head.includes(this.delimiter) || beginsWith(head, this.delimiter.subarray(2));
  }

  /** What was held back, when nothing comes after it. */
  end(): Buffer {
    const held = this.#held;
    this.#held = NOTHING;
    return held;
  }
}

/** Bytes that take the place of those from `at` to before `end`. */
interface Edit {
  readonly at: number;
  readonly end: number;
  readonly bytes: Buffer;
}

/** @param at of the head. @returns what is to be done to it */
function editsOf(head: string, at: number): Edit[] {
  const clean = head.replace(NAME, (name) => name.replace(CONTROLS, ''));
  const match = EMPTY_FILENAME.exec(clean);
  const name = match === null ? clean.length : match.index + match[0].length;
  if (clean !== head) {
    const filled = clean.slice(0, name) + (match === null ? '' : EMPTY_NAME) + clean.slice(name);
    return [{ at, end: at + head.length, bytes: Buffer.from(filled, 'latin1') }];
  }
  return match === null ? [] : [{ at: at + name, end: at + name, bytes: EMPTY_NAME_BYTES }];
}

function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  if (edits.length === 0) return bytes;
  const pieces = edits.flatMap((edit, i) => [bytes.subarray(edits[i - 1]?.end ?? 0, edit.at), edit.bytes]);
  return Buffer.concat([...pieces, bytes.subarray(edits.at(-1)?.end)]);
}

/** @returns where spaces and tabs end */
function paddingEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at;
}

function beginsWith(bytes: Buffer, beginning: Buffer): boolean {
  return bytes.length >= beginning.length && bytes.subarray(0, beginning.length).equals(beginning);
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
