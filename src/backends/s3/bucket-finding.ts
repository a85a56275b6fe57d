/** One thing that was looked at in a bucket. */
export interface BucketFinding {
  /** What was looked at, such as `lifecycle`. */
  topic: string;
  /** `bad`: something does not work, or is not safe. `unknown`: it could not be read. */
  state: 'ok' | 'warning' | 'bad' | 'unknown';
  /** How it is. */
  says: string;
  /** What to do about it. */
  advice?: string;
}
