import type { Clock } from '../clock/clock.js';
import type { Logger } from '../logger/logger.js';
import type { NamespaceFS } from '../namespaces/namespace-filesystem.js';
import type { UrlSigning } from '../urls/signing-key.js';
import type { LookUps } from './look-ups.js';
import type { UsageBook } from './usage.js';

/** What the HTTP side needs of a mayfly. */
export interface HttpService {
  /** @throws InvalidNamespace, FilesystemClosed */
  getFilesystem(namespace: string): NamespaceFS;
  /** Path part of the URL base; `/` for none. */
  readonly urlRoot: string;
  /** The storage answers URLs of its own, to which a GET can be redirected. */
  readonly presigns: boolean;
  readonly lookUps: LookUps;
  /** How URLs of our own are signed; null: they are not. */
  readonly urls: UrlSigning | null;
  /** How much the namespaces hold, for quotas. */
  readonly usage: UsageBook;
  readonly clock: Clock;
  readonly logger: Logger;
}
