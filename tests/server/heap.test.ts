import { describe, expect, it } from '@jest/globals';
import { letHeapGrow } from '../../src/server/heap.js';

/** The flags that are set where Node was started with these. */
function flagsBeside(...args: string[]): string[] {
  const flags: string[] = [];
  letHeapGrow(args, (flag) => flags.push(flag));
  return flags;
}

describe('the heap of the program', () => {
  it('may grow to three times what is in use', () => {
    expect(flagsBeside('--max-semi-space-size=4')).toEqual(['--heap-growing-percent=200']);
  });

  it.each(['--heap-growing-percent=50', '--heap_growing_percent=50'])('is left as %s has it', (arg) => {
    expect(flagsBeside(arg)).toEqual([]);
  });
});
