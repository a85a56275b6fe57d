import { expect } from '@jest/globals';
import type { Meta } from '../../../src/fs/capabilities.js';
import type { Info } from '../../../src/fs/info.js';

/** What a write returned and what is told later: the same, but for a time that a storage far away did not tell at once. */
export function expectSameFile(written: Info, found: Info, { network }: Meta): void {
  if (!network) {
    expect(written).toEqual(found);
    return;
  }
  expect({ ...written, modified: found.modified }).toEqual(found);
  expect(Math.abs(written.modified.getTime() - found.modified.getTime())).toBeLessThan(60_000);
}
