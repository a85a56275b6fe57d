/**
 * Multipart forms by multer, with a storage engine that hands each file part
 * on as a stream, so that nothing is kept here.
 *
 * Three habits of multer and busboy are worked around. Multer tells of a
 * failure only when the whole request has been read, so failures leave here by
 * a way of their own, at once. File parts that have no name are dropped, or taken
 * for fields, so these get one that nobody else can have. And it says nothing of
 * the order of fields and files, so fields are listened to.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Readable, type Writable } from 'node:stream';
import type { Request, RequestHandler, Response } from 'express';
import multer from 'multer';
import { giveForm, pipeForm } from './form-input.js';
import { boundaryOf, EMPTY_NAME } from './form-scan.js';
import { badRequest, ClientGone, HttpProblem, tooLarge } from './http-problem.js';
import { isWhole, takeWhole } from './request-body.js';

/** A name in which no client's can end, as it would be decoded from UTF-8. */
const UNNAMED = '\ud800';

const LIMITS = {
  fieldNameSize: 200,
  /** Fields of an application's own may hold a text. */
  fieldSize: 64 * 1024,
  fields: 100,
  /** Headers of one part. */
  headerPairs: 50,
  fieldNestingDepth: 8,
  fieldArrayIndexLimit: 100,
};
/** Of all fields together: they are in memory until the request ends. */
const MAX_FIELDS_BYTES = 256 * 1024;
/** RFC 2046 section 5.1.1. Longer ones would only make the search for them costly. */
const MAX_BOUNDARY = 70;
/** Inputs for files that may stay unfilled. */
const UNFILLED_PARTS = 100;

/** Events of the parser that tell of a limit, and what is told of them. */
const PARSER_LIMITS = {
  partsLimit: 'The form has too many parts.',
  fieldsLimit: 'The form has too many fields.',
} as const;

/** A file part of a form. */
export interface FilePart {
  /** The client's name for it, decoded; undefined for none. */
  readonly name: string | undefined;
  /** As the part says. */
  readonly contentType: string;
  /** Must be read to its end, unless taking it fails. */
  readonly stream: Readable;
}

/** Takes the parts of a form in their order. What it throws ends the reading. */
export interface FormReceiver {
  onField(name: string, value: string): void;
  onFile(part: FilePart): Promise<void>;
}

interface FieldInfo {
  readonly valueTruncated: boolean;
}

/** The parser that multer drives, as far as it is listened to. */
type Parser = Writable & {
  on(event: 'field', listener: (name: string | undefined, value: string, info: FieldInfo) => void): unknown;
  on(event: keyof typeof PARSER_LIMITS, listener: () => void): unknown;
  prependListener(
    event: 'file',
    listener: (name: string | undefined, stream: Readable, info: { filename?: string }) => void,
  ): unknown;
};

/** Options that multer has and its type declarations lack. */
interface MulterOptions extends multer.Options {
  streamHandler(request: Readable, parser: Parser): void;
}

/**
 * Read a form to its end.
 *
 * @param maxFiles of the form, for the parser's own limit; the receiver counts
 * @throws what `receiver` threw; HttpProblem 400 or 413; ClientGone
 */
export function readForm(
  request: IncomingMessage,
  response: ServerResponse,
  receiver: FormReceiver,
  maxFiles: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(formError(request, error));
    if (!isWhole(request)) {
      fail(new ClientGone());
      return;
    }
    const type = request.headers['content-type'];
    const boundary = boundaryOf(type);
    // RFC 2046 allows none, and the parser takes it for another character than MIMEType does.
    if (type?.includes('\\')) {
      fail(badRequest('The Content-Type of the form has a backslash.'));
      return;
    }
    if (boundary !== undefined && boundary.length > MAX_BOUNDARY) {
      fail(badRequest(`The boundary of the form is longer than ${MAX_BOUNDARY} characters.`));
      return;
    }
    const arrived = takeWhole(request);
    const source: Source = arrived === null ? request : new ArrivedForm(request.headers);
    const reading: Reading = { receiver, fail, boundary, arrived, parser: null };
    source[READING] = reading;
    const onEnd = (error?: unknown): void => (error === undefined ? resolve() : fail(error));
    // Multer is declared for Express and works with what Express is made of.
    reader(maxFiles)(source as unknown as Request, response as Response, onEnd);
    if (arrived !== null) return;
    // Of a connection that was cut from this side the parser hears nothing, nor of one that the
    // client cut when all of the body was here, but not all of it had been read. Nor of the end of a
    // body that was cut off before: then it is read, but by nobody.
    request.once('close', () => {
      if (reading.parser?.writableEnded !== true) fail(new ClientGone());
    });
  });
}

/** Told to multer with what it reads. In a WeakMap it would outlive the form by far: to V8 a map that is old keeps what is young. */
const READING = Symbol('reading');

/** What multer reads from. */
type Source = Readable & { [READING]?: Reading | undefined };

/**
 * Stands for a request of which all has arrived. Multer would listen to the request for much that can't happen any
 * more, and what Express has made of a request is slow to touch.
 */
class ArrivedForm extends Readable {
  readonly headers: IncomingHttpHeaders;
  [READING]: Reading | undefined = undefined;

  constructor(headers: IncomingHttpHeaders) {
    super();
    this.headers = headers;
  }

  override _read(): void {
    this.push(null);
  }
}

/** The reading of one form. */
interface Reading {
  readonly receiver: FormReceiver;
  readonly fail: (error: unknown) => void;
  readonly boundary: string | undefined;
  /** All of the form; null where it is still to come. */
  readonly arrived: Buffer | null;
  /** Null until multer has made it. */
  parser: Parser | null;
}

/** By the files that a form may have; there are as many as routers have options. */
const readers = new Map<number, RequestHandler>();

/** What reads all forms that may have so many files. */
function reader(maxFiles: number): RequestHandler {
  let known = readers.get(maxFiles);
  if (known === undefined) {
    const options: MulterOptions = {
      storage: engine,
      limits: { ...LIMITS, parts: LIMITS.fields + UNFILLED_PARTS + maxFiles },
      preservePath: true, // What is a name is decided in one place, and not here.
      defParamCharset: 'utf8',
      streamHandler: (request, parser) => {
        const reading = readingOf(request);
        reading.parser = parser;
        listen(parser, reading.receiver, reading.fail);
        parse(request, parser, reading);
      },
    };
    known = multer(options).any();
    readers.set(maxFiles, known);
  }
  return known;
}

function readingOf(source: Source): Reading {
  return source[READING] as Reading;
}

/** Where there is no boundary the parser refuses the form. */
function parse(request: Readable, parser: Parser, { arrived, boundary = '' }: Reading): void {
  if (arrived === null) pipeForm(request, parser, boundary);
  else giveForm(arrived, parser, boundary);
}

/** Hear of everything from the parser itself, and of failures before multer has let the whole body pass. */
function listen(parser: Parser, receiver: FormReceiver, fail: (error: unknown) => void): void {
  parser.prependListener('file', (name, _stream, info) => {
    if (!info.filename || info.filename === EMPTY_NAME) info.filename = UNNAMED;
    if (name === undefined) fail(badRequest('A part of the form has no name.'));
  });
  let fieldsBytes = 0;
  parser.on('field', (name, value, { valueTruncated }) => {
    try {
      fieldsBytes += Buffer.byteLength(value) + Buffer.byteLength(name ?? '');
      if (fieldsBytes > MAX_FIELDS_BYTES) throw tooLarge('The fields of the form are too long.');
      if (name === undefined) throw badRequest('A part of the form has no name.');
      if (valueTruncated) throw tooLarge('A field of the form is too long.');
      receiver.onField(name, value);
    } catch (error) {
      fail(error);
    }
  });
  parser.on('error', fail);
  for (const [event, detail] of Object.entries(PARSER_LIMITS)) {
    parser.on(event as keyof typeof PARSER_LIMITS, () => fail(tooLarge(detail)));
  }
}

const engine: multer.StorageEngine = {
  _handleFile(request, { originalname, mimetype, stream }, callback) {
    const { receiver, fail } = readingOf(request);
    const name = originalname === UNNAMED ? undefined : originalname;
    receiver.onFile({ name, contentType: mimetype, stream }).then(
      () => callback(null, {}),
      (error: unknown) => {
        fail(error);
        callback(error);
      },
    );
  },
  /** The receiver cleans up for all. */
  _removeFile: (_request, _file, callback) => callback(null),
};

/** What went wrong with a form, in our words. */
function formError(request: IncomingMessage, error: unknown): unknown {
  if (error instanceof HttpProblem || error instanceof ClientGone) return error;
  if (request.destroyed && !request.complete) return new ClientGone(error);
  if (error instanceof multer.MulterError) {
    return badRequest('The form has a field whose name can not be taken.');
  }
  return isParserError(error) ? badRequest('The body is not a well-formed multipart form.') : error;
}

/** Busboy has no class or code for its errors. */
function isParserError(error: unknown): boolean {
  const known =
    /^(?:Multipart: |Malformed |Unexpected end of |Unsupported content type|Missing Content-Type)/;
  return error instanceof Error && error.constructor === Error && known.test(error.message);
}
