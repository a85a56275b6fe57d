import type { TransformCallback } from 'node:stream';
import { Transform } from 'node:stream';
import type { Reservation } from './usage.js';

/** Passes bytes on for which there is room, and fails with the first for which there is none. */
export class BodyMeter extends Transform {
  readonly #reservation: Reservation;

  constructor(reservation: Reservation) {
    super();
    this.#reservation = reservation;
  }

  override _transform(chunk: Buffer, _encoding: string, callback: TransformCallback): void {
    this.#reservation.useBytes(chunk.length).then(
      () => callback(null, chunk),
      (error: Error) => callback(error),
    );
  }
}
