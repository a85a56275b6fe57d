/** Exit codes, for scripts and schedulers to go by. */
export const EXIT = {
  done: 0,
  /** It failed, or it did its work and found something wrong. */
  failed: 1,
  /** Wrong usage or settings: doing it again changes nothing. */
  usage: 2,
  /** Storage or store do not answer: doing it again may help. */
  unreachable: 3,
  missing: 4,
  /** By Ctrl-C: 128 and the signal's number. */
  interrupted: 130,
} as const;
