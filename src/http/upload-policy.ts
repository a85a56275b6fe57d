/** What is taken of an upload: the router's rules, made narrower by what a signed URL says. */
import type { Readable } from 'node:stream';
import type { OnConflict } from '../namespaces/upload-url.js';
import { matchesRange } from '../path/media-range.js';
import { isActiveContent, mediaTypeOfName } from '../path/media-type.js';
import { BodyMeter } from './body-meter.js';
import type { Exchange } from './exchange.js';
import { HeadGate, through } from './head-gate.js';
import { HttpProblem } from './http-problem.js';
import type { ResolvedRouterOptions } from './options.js';
import { fileTooLarge, limited, takeArrived } from './request-body.js';
import { SNIFFED_BYTES, sniffMediaType } from './semantics/sniff.js';
import type { SignedUpload } from './signed-request.js';
import { storableType } from './storable-type.js';
import type { Reservation } from './usage.js';

export interface UploadPolicy {
  readonly maxFileSize: number;
  readonly maxFiles: number;
  /** Lists of media ranges, each of which must take a file; none: everything is taken. */
  readonly accept: readonly (readonly string[])[];
  readonly onConflict: OnConflict;
  /** The one name that a file is stored under; null: it is the client's to say. */
  readonly filename: string | null;
}

/** The router's own rules. */
export function routerPolicy({
  maxFileSize,
  maxFiles,
  accept,
  onConflict,
}: ResolvedRouterOptions): UploadPolicy {
  return { maxFileSize, maxFiles, onConflict, accept: accept === null ? [] : [accept], filename: null };
}

/** The router's rules and those that were signed: both hold. */
export function signedPolicy(options: ResolvedRouterOptions, signed: SignedUpload): UploadPolicy {
  const { maxFileSize, accept, onConflict } = routerPolicy(options);
  return {
    maxFileSize: Math.min(maxFileSize, signed.maxBytes ?? maxFileSize),
    maxFiles: 1,
    accept: signed.accept === undefined ? accept : [...accept, signed.accept],
    onConflict: signed.onConflict ?? onConflict,
    filename: signed.filename ?? null,
  };
}

/** A body that the policy takes, so far as can be told from its beginning, and the type to store with it. */
export interface AdmittedBody {
  readonly content: Readable | Buffer;
  readonly contentType: string | undefined;
}

/** What is known of a body before it is read. */
export interface Offer {
  readonly name: string;
  /** Media type as its sender says; undefined for nothing that means something. */
  readonly declared: string | undefined;
  /** Room in the namespace; null: there is no quota. */
  readonly room: Reservation | null;
  /** Gives what gives the body up, when it is aborted. It is asked for only where a body is waited for. */
  readonly signal?: () => AbortSignal;
}

/**
 * Put a body under the policy: sizes as it goes, its type before any of it is
 * stored. The source is left open whatever happens.
 * @throws HttpProblem 413, 415; ClientGone
 */
export async function admitBody(
  exchange: Exchange,
  policy: UploadPolicy,
  source: Readable | Buffer,
  offer: Offer,
): Promise<AdmittedBody> {
  if (Buffer.isBuffer(source)) return admitWhole(exchange, policy, source, offer);
  const { bytes, isAll } = await takeArrived(source);
  if (isAll) return admitWhole(exchange, policy, bytes ?? Buffer.alloc(0), offer);
  const stream = limited(source, policy.maxFileSize, () => fileTooLarge(policy.maxFileSize), bytes);
  return admitStream(exchange, policy, stream, offer);
}

async function admitWhole(
  exchange: Exchange,
  policy: UploadPolicy,
  content: Buffer,
  { name, declared, room }: Offer,
): Promise<AdmittedBody> {
  if (content.length > policy.maxFileSize) throw fileTooLarge(policy.maxFileSize);
  await room?.useBytes(content.length);
  const type =
    policy.accept.length === 0
      ? declared
      : await acceptedType(policy, name, content.subarray(0, SNIFFED_BYTES));
  return { content, contentType: storableType(exchange, name, type) };
}

async function admitStream(
  exchange: Exchange,
  policy: UploadPolicy,
  limitedSource: Readable,
  { name, declared, room, signal }: Offer,
): Promise<AdmittedBody> {
  const stream = room === null ? limitedSource : through(limitedSource, new BodyMeter(room));
  if (policy.accept.length === 0) {
    return { content: stream, contentType: storableType(exchange, name, declared) };
  }
  const gate = through(stream, new HeadGate(SNIFFED_BYTES));
  const giveUp = (): void => void gate.destroy();
  const given = signal?.();
  given?.addEventListener('abort', giveUp);
  try {
    const type = await acceptedType(policy, name, await gate.head);
    gate.open();
    return { content: gate, contentType: storableType(exchange, name, type) };
  } catch (error) {
    gate.destroy();
    throw error;
  } finally {
    given?.removeEventListener('abort', giveUp);
  }
}

/** What a body is by its content. @throws HttpProblem 415 */
async function acceptedType(policy: UploadPolicy, name: string, head: Buffer): Promise<string> {
  const sniffed = await sniffMediaType(head, name);
  if (!isAccepted(policy, sniffed, name)) throw typeRefused(policy);
  return sniffed;
}

/**
 * The content decides. But where a name alone would make a browser run the
 * file, as with an image that is called `.html`, that type must be accepted too.
 */
function isAccepted({ accept }: UploadPolicy, sniffed: string, name: string): boolean {
  const served = mediaTypeOfName(name);
  const types = isActiveContent(served) ? [sniffed, served] : [sniffed];
  return accept.every((ranges) => types.every((type) => matchesRange(type, ranges)));
}

function typeRefused({ accept }: UploadPolicy): HttpProblem {
  // RFC 9110 section 12.5.1: in a 415, `Accept` tells what would have been taken.
  return new HttpProblem(415, 'A file of this type is not taken here.', { Accept: accept.flat().join(', ') });
}
