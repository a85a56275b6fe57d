/** What S3 takes at most. Source: Amazon S3 API Reference and User Guide. */

/** DeleteObjects: keys of one request. */
export const DELETE_BATCH = 1000;
/** ListObjectsV2: keys of one page. */
export const LIST_PAGE = 1000;
/** Life of a presigned URL in seconds: seven days (Signature Version 4). */
export const MAX_PRESIGN_SECONDS = 604_800;
/** Parts of one object. */
export const MAX_PARTS = 10_000;
/** Bytes of a part, but the last, at least. */
export const MIN_PART_BYTES = 5 * 1024 ** 2;
