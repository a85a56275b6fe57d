/**
 * What a parser of forms is given. Names are filled in on the way, and the
 * content of large files goes past the parser.
 *
 * The parser looks for delimiters in JavaScript, and copies, counts and pauses
 * with each chunk, which for a large file is a third of all the work. Here they
 * have been looked for already, by the runtime's own search. So content goes to
 * the file part's stream as it is, while that flows. As soon as it does not,
 * it goes by the parser, which knows how to wait.
 */
import type { Readable, Writable } from 'node:stream';
import { FormScan } from './form-scan.js';

/** Give a form that is all here to its parser. */
export function giveForm(form: Buffer, parser: Writable, boundary: string): void {
  const scan = new FormScan(boundary);
  const filled = scan.fillAll(form);
  if (scan.isMalformed) refuseForm(parser);
  else parser.end(filled);
}

/** Pipe a form to its parser. No stream between, as multer takes the parser off the pipe. */
export function pipeForm(request: Readable, parser: Writable, boundary: string): void {
  const input = new FormInput(parser, boundary);
  // Bound, as V8 keeps a closure in a property, and with it all of the form, until the whole heap is collected.
  parser.write = input.write.bind(input);
  parser.on('file', input.begin.bind(input));
  request.once('end', input.end.bind(input));
  request.pipe(parser);
}

class FormInput {
  readonly #parser: Writable;
  readonly #scan: FormScan;
  readonly #write: (bytes: Buffer) => boolean;
  /** The file whose content is being read; null where that is not known for certain. */
  #file: Readable | null = null;
  #isParsing = false;
  /** The last bytes that were parsed may be the beginning of a delimiter. So the parser waits for more, even where we know better. */
  #isHoldingBack = false;

  constructor(parser: Writable, boundary: string) {
    this.#parser = parser;
    this.#scan = new FormScan(boundary);
    this.#write = parser.write.bind(parser);
  }

  write(chunk: Buffer): boolean {
    const bytes = this.#scan.fill(chunk);
    if (this.#scan.isMalformed) return refuseForm(this.#parser);
    const { contentLength } = this.#scan;
    if (contentLength === 0 || !this.#isKeepingUp()) {
      return contentLength === bytes.length ? this.#parse(bytes) : this.#parseParts(bytes);
    }
    this.#file?.push(bytes.subarray(0, contentLength));
    return contentLength === bytes.length || this.#parseParts(bytes.subarray(contentLength));
  }

  /** What was held back. */
  end(): void {
    this.#parseParts(this.#scan.end());
  }

  /** A file part has begun. Where the parser has had to wait, it may have ended as well. */
  begin(_name: unknown, file: Readable): void {
    this.#file = this.#isParsing ? file : null;
  }

  /** Parse the last part by itself, so that of several it is known which is still being read. */
  #parseParts(bytes: Buffer): boolean {
    const last = bytes.lastIndexOf(this.#scan.delimiter);
    if (last > 0) this.#parse(bytes.subarray(0, last));
    // The part before may begin only now, and end.
    const isBehind = last >= 0 && this.#isHoldingBack;
    this.#file = null;
    const isReady = this.#parse(bytes.subarray(Math.max(0, last)));
    if (isBehind) this.#file = null;
    return isReady;
  }

  #parse(bytes: Buffer): boolean {
    if (bytes.length === 0) return true;
    this.#isHoldingBack = this.#scan.endsOpen(bytes);
    this.#isParsing = true;
    try {
      return this.#write(bytes);
    } finally {
      this.#isParsing = false;
    }
  }

  /** Whether all that came of the file has been taken, and more is taken at once. */
  #isKeepingUp(): boolean {
    const file = this.#file;
    if (file === null || file.destroyed || this.#isHoldingBack || this.#parser.writableLength > 0)
      return false;
    return file.readableFlowing === true && file.readableLength === 0;
  }
}

/** By the parser's own words, as of all that it can't read. */
function refuseForm(parser: Writable): false {
  parser.destroy(new Error('Malformed part header'));
  return false;
}
