/** Everything that users of the package may rely on. */
export { OSFS } from './backends/disk/disk-filesystem.js';
export { MemoryFS } from './backends/memory/memory-filesystem.js';
export type { Clock } from './clock/clock.js';
export * from './errors/errors.js';
export type { Expiration, FileKey, Intent } from './expirations/expiration.js';
export type {
  DuePosition,
  DueRow,
  DueSelection,
  ExpirationStore,
  FindOptions,
  Overdue,
  RowChange,
  SettleOptions,
} from './expirations/expiration-store.js';
export { OVERDUE_COUNTED } from './expirations/expiration-store.js';
export { MemoryExpirationStore } from './expirations/memory-expiration-store.js';
export type { PurgeFailure, PurgeOptions, PurgeReport } from './expirations/purge-report.js';
export { PostgresExpirationStore } from './expirations/sql/postgres-expiration-store.js';
export { SqliteExpirationStore } from './expirations/sql/sqlite-expiration-store.js';
export type { Meta } from './fs/capabilities.js';
export type {
  FilesystemEssentials,
  InfoChanges,
  MakeDirOptions,
  PublishOptions,
  ReadOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from './fs/essentials.js';
export type { CopyOptions } from './fs/filesystem.js';
export { Filesystem, SubFS } from './fs/filesystem.js';
export type { Info } from './fs/info.js';
export type { PresignedUrl, Presigner, PresignOptions } from './fs/presigner.js';
export type { RemoveManyOptions, RemoveOutcome, StagedFile } from './fs/staged-file.js';
export type { Action, AuthorizeRequest, RouterOptions } from './http/options.js';
export type { Logger } from './logger/logger.js';
export type { Mayfly, OverdueFiles, RequestHandler } from './mayfly.js';
export { createMayfly } from './mayfly.js';
export type {
  Lifetime,
  NamespacePublishOptions,
  NamespaceStagedFile,
  NamespaceWriteOptions,
  UrlOptions,
} from './namespaces/namespace-filesystem.js';
export { NamespaceFS } from './namespaces/namespace-filesystem.js';
export type {
  CustomStorage,
  ExpirationsOptions,
  MayflyOptions,
  MemoryFSStorage,
  OSFSStorage,
  PostgresExpirations,
  SqliteExpirations,
  StorageOptions,
} from './options.js';
