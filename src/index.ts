/** Everything that users of the package may rely on. */
export type { OSFSOptions } from './backends/disk/disk-filesystem.js';
export { OSFS } from './backends/disk/disk-filesystem.js';
export type { TempFSOptions } from './backends/disk/temp-filesystem.js';
export { TempFS } from './backends/disk/temp-filesystem.js';
export { MemoryFS } from './backends/memory/memory-filesystem.js';
export type { BucketFinding } from './backends/s3/bucket-finding.js';
export { S3FS } from './backends/s3/s3-filesystem.js';
export type { S3FSOptions } from './backends/s3/s3-options.js';
export type { Clock } from './clock/clock.js';
export type { FilesystemUrl } from './composed/filesystem-url.js';
export type { MountFSOptions } from './composed/mount-filesystem.js';
export { MountFS } from './composed/mount-filesystem.js';
export type { FilesystemOpener } from './composed/open-filesystem.js';
export { openFS, registerProtocol } from './composed/open-filesystem.js';
export * from './errors/errors.js';
export type { CheckFinding, CheckKind, CheckOptions, CheckReport } from './expirations/check-report.js';
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
export { plainMeta } from './fs/capabilities.js';
export type { GlobOptions } from './fs/derived/glob.js';
export {
  checkCopyDirOptions,
  checkCopyOptions,
  checkMakeDirOptions,
  checkPublishOptions,
  checkRemoveManyOptions,
  checkScanTreeOptions,
  checkStageOptions,
  checkWriteOptions,
} from './fs/derived/option-types.js';
export type { ByteRange } from './fs/derived/range.js';
export { checkRange } from './fs/derived/range.js';
export { pruned } from './fs/derived/scan-tree.js';
export { beforeReading, chunksOf } from './fs/derived/source.js';
export { checkTimes } from './fs/derived/times.js';
export type { TreeOptions } from './fs/derived/tree.js';
export type { FilterDirOptions, WalkOptions } from './fs/derived/walk.js';
export type {
  FilesystemEssentials,
  InfoChanges,
  MakeDirOptions,
  PublishOptions,
  ReadOptions,
  ScanDirOptions,
  StageOptions,
  WriteOptions,
  WriteSource,
} from './fs/essentials.js';
export type { CopyOptions, Landing } from './fs/filesystem.js';
export { Filesystem, SubFS } from './fs/filesystem.js';
export type { Info } from './fs/info.js';
export type { MirrorOptions, MirrorReport } from './fs/mirror.js';
export { mirror } from './fs/mirror.js';
export { markOpenedDirectory } from './fs/opened-directories.js';
export type {
  PresignedPost,
  PresignedUrl,
  Presigner,
  PresignOptions,
  PresignPostOptions,
} from './fs/presigner.js';
export type {
  PublishNowOptions,
  RemoveManyOptions,
  RemoveOutcome,
  StagedFile,
  SweepOptions,
} from './fs/staged-file.js';
export { copyDir, copyFile, copyFS, moveDir, moveFile, moveFS } from './fs/transfer.js';
export type {
  Copier,
  CopyCondition,
  CopyDirOptions,
  Location,
  MoveTransferOptions,
  TransferOptions,
  TransferProgress,
} from './fs/transfer-options.js';
export type { ScanTreeOptions } from './fs/tree-options.js';
export { ReadOnlyFS } from './fs/wrappers/read-only.js';
export type { LifetimeOptions } from './http/lifetime-limit.js';
export type { Action, AuthorizeRequest, CorsOptions, QuotaOptions, RouterOptions } from './http/options.js';
export type { Logger } from './logger/logger.js';
export type { Mayfly, OverdueFiles, RequestHandler } from './mayfly.js';
export { createMayfly } from './mayfly.js';
export { NamespaceFS } from './namespaces/namespace-filesystem.js';
export type {
  Lifetime,
  NamespacePublishOptions,
  NamespaceStagedFile,
  NamespaceWriteOptions,
  PathCheck,
  UrlOptions,
} from './namespaces/namespace-options.js';
export type { PresignedUrlOptions } from './namespaces/presigned-url.js';
export type { OnConflict, UploadUrl, UploadUrlOptions } from './namespaces/upload-url.js';
export type {
  CustomStorage,
  ExpirationsInStore,
  ExpirationsOptions,
  MayflyOptions,
  MemoryFSStorage,
  OSFSStorage,
  PostgresExpirations,
  S3FSStorage,
  SqliteExpirations,
  StorageOptions,
  UrlsOptions,
} from './options/options.js';
export type { EitherSpelling } from './options/spelling.js';
export { keptFilename } from './path/content-disposition.js';
export { basename, compareCodePoints, dirname, joinPath } from './path/parts.js';
