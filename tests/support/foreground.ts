import { stat } from 'node:fs/promises';
import { Foreground } from '../../src/backends/disk/foreground.js';

/** A foreground in which what lies on the device of a directory may be asked. */
export async function foregroundAt(directory: string, isDurable: boolean): Promise<Foreground> {
  const foreground = new Foreground(isDurable);
  foreground.admit((await stat(directory)).dev);
  return foreground;
}
