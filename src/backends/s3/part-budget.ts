/**
 * How many parts of uploads may be in memory beyond the one that each upload
 * has in any case, so that many large uploads at once get slower and not larger.
 */
export class PartBudget {
  #left: number;

  constructor(parts: number) {
    this.#left = parts;
  }

  /** @returns false when there is none to be had now */
  take(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }

  giveBack(parts: number): void {
    this.#left += parts;
  }
}
