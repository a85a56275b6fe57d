import type { Moment } from '../../clock/moment.js';
import type { Foreground } from './foreground.js';
import { type Pin, pinDirectoryNow } from './pin.js';

/** Directories that are pinned once in each moment, for all who work in them at once. They are let go of with the turn. */
export class MomentPins {
  readonly #foreground: Foreground;
  readonly #pins = new Map<string, Pin>();
  #moment: Moment | null = null;

  constructor(foreground: Foreground) {
    this.#foreground = foreground;
  }

  /** As `pinDirectoryNow`, of what lies where its path says; nobody closes what it gives. */
  get(systemPath: string, moment: Moment): Pin | null {
    if (moment !== this.#moment) this.#begin(moment);
    const known = this.#pins.get(systemPath);
    if (known !== undefined) return known;
    const pin = pinDirectoryNow(systemPath, this.#foreground);
    if (pin?.isNear === true) {
      this.#pins.set(systemPath, pin);
      return pin;
    }
    pin?.close();
    return null;
  }

  #begin(moment: Moment): void {
    this.#end();
    this.#moment = moment;
    setImmediate(() => {
      if (this.#moment === moment) this.#end();
    });
  }

  #end(): void {
    this.#moment = null;
    for (const pin of this.#pins.values()) pin.close();
    this.#pins.clear();
  }
}
