/**
 * What a backend can do, as data: read by the conformance suite to choose its
 * tests, by derived methods to choose their way, and by users through
 * `getMeta()`.
 */
export interface Meta {
  /** `Foo` and `foo` are one file; `match`, `walk` and `glob` fold case there. */
  readonly caseInsensitive: boolean;
  /** Files are reached over a network, so many requests at once are worth it. */
  readonly network: boolean;
  /** Every write is refused with `ResourceReadOnly`. */
  readonly readOnly: boolean;
  /** `setInfo` keeps the times that it is given. */
  readonly setTimes: boolean;
  /** Files have a path in the operating system. */
  readonly sysPath: boolean;
  /** Symbolic links occur, and `isLink` tells them. */
  readonly links: boolean;
  /** `contentType` of a write is kept and told by `getInfo`. */
  readonly contentType: boolean;
  /** `filename` of a write is kept and told by `getInfo`. */
  readonly filename: boolean;
  /** How many files `removeMany` takes away in one request; 1 where each is a call of its own. */
  readonly removeBatch: number;
  /** Removing tells by itself whether something was there; false where `removeMany` has to look first. */
  readonly removeTellsMissing: boolean;
  /** Directories are things of their own; false where one is there as long as something is in it. */
  readonly realDirectories: boolean;
  /** `move` is one step: nobody sees the file under both names or under none. */
  readonly atomicRename: boolean;
  /** Of several writers with `overwrite: false` at once exactly one wins. */
  readonly createOnly: boolean;
  /** `write`, `copy` and `move` make the directories above the destination when they are missing. */
  readonly makesParents: boolean;
}

/** What a backend has that says nothing of itself. */
export const plainMeta: Meta = {
  caseInsensitive: false,
  network: false,
  readOnly: false,
  setTimes: false,
  sysPath: false,
  links: false,
  contentType: false,
  filename: false,
  removeBatch: 1,
  removeTellsMissing: true,
  realDirectories: true,
  atomicRename: false,
  createOnly: true,
  makesParents: false,
};
