/**
 * What a parser of forms is given. Names are filled in on the way, and the
 * content of large files goes past the parser.
 *
 * The parser looks for delimiters in JavaScript, and copies, counts and pauses
 * with each chunk, which for a large file is a third of all the work. Here they
 * have been looked for already, by the runtime's own search. So a chunk in which
 * none can begin goes to the file part's stream as it is, while that flows. As
 * soon as it does not, chunks go by the parser, which knows how to wait.
 */
import type { Readable, Writable } from 'node:stream';
import { EmptyNames } from './empty-names.js';

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
  readonly #names: EmptyNames;
  readonly #write: (bytes: Buffer) => boolean;
  /** The file whose content is being read; null where that is not known for certain. */
  #file: Readable | null = null;
  #isParsing = false;

  constructor(parser: Writable, boundary: string) {
    this.#parser = parser;
    this.#names = new EmptyNames(boundary);
    this.#write = parser.write.bind(parser);
  }

  write(chunk: Buffer): boolean {
    const bytes = this.#names.fill(chunk);
    if (bytes.length === 0) return true;
    if (!this.#names.isContent) return this.#parseParts(bytes);
    if (this.#file === null || !this.#isKeepingUp(this.#file)) return this.#parse(bytes);
    this.#file.push(bytes);
    return true;
  }

  /** What was held back. */
  end(): void {
    const held = this.#names.end();
    if (held.length > 0) this.#parseParts(held);
  }

  /** A file part has begun. Where the parser has had to wait, it may have ended as well. */
  begin(_name: unknown, file: Readable): void {
    this.#file = this.#isParsing ? file : null;
  }

  /** Parse the last part by itself, so that of several it is known which is still being read. */
  #parseParts(bytes: Buffer): boolean {
    this.#file = null;
    const last = bytes.lastIndexOf(this.#names.delimiter);
    if (last <= 0) return this.#parse(bytes);
    const isReady = this.#parse(bytes.subarray(0, last));
    this.#file = null;
    return this.#parse(bytes.subarray(last)) && isReady;
  }

  #parse(bytes: Buffer): boolean {
    this.#isParsing = true;
    try {
      return this.#write(bytes);
    } finally {
      this.#isParsing = false;
    }
  }

  /** Whether the file has been taken as far as it came, and is taken on. */
  #isKeepingUp(file: Readable): boolean {
    return file.readableFlowing === true && file.readableLength === 0 && this.#parser.writableLength === 0;
  }
}
