import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inWaves } from '../../src/cli/copy-waves.js';

interface Copy {
  readonly from: string;
  readonly to: string;
}

const disk = 'disk';
const waves = (...copies: Copy[]): Copy[][] =>
  inWaves(copies, ({ from, to }) => ({
    source: { storage: disk, path: from },
    target: { storage: disk, path: to },
  }));

it('copies that touch none of the sources are one wave, in their order', () => {
  const copies = [
    { from: 'a', to: 'x/a' },
    { from: 'b', to: 'x/b' },
  ];
  expect(waves(...copies)).toEqual([copies]);
  expect(waves()).toEqual([]);
});

it('what is replaced is copied in a wave before', () => {
  const [inner, outer, other] = [
    { from: 'b/b/f', to: 'b/f' },
    { from: 'b/f', to: 'f' },
    { from: 'b/g', to: 'g' },
  ];
  expect(waves(inner, outer, other)).toEqual([[outer, other], [inner]]);
});

it('what several copies read is replaced after the last of them', () => {
  const [inner, outer, early, late] = [
    { from: 'b/b/f', to: 'b/f' },
    { from: 'b/f', to: 'f' },
    { from: 'f', to: 'g' },
    { from: 'b/f', to: 'h' },
  ];
  for (const copies of [
    [inner, outer, early, late],
    [late, early, outer, inner],
  ]) {
    const order = waves(...copies);
    expect(order.map((wave) => new Set(wave))).toEqual([
      new Set([early, late]),
      new Set([outer]),
      new Set([inner]),
    ]);
  }
});

it('a path of another storage is another one', () => {
  const copies = ['a', 'b'].map((from) => ({ from, to: 'a' }));
  const apart = inWaves(copies, ({ from, to }) => ({
    source: { storage: 1, path: from },
    target: { storage: 2, path: to },
  }));
  expect(apart).toEqual([copies]);
});

it('copies onto themselves, and in a circle, come once', () => {
  const circle = ['ab', 'bc', 'ca', 'dd'].map(([from = '', to = '']) => ({ from, to }));
  expect(waves(...circle).flat()).toHaveLength(4);
  expect(new Set(waves(...circle).flat())).toEqual(new Set(circle));
});

it('of any copies that climb, each reads what was there at the start, however a wave is mixed', () => {
  const tree = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(tree, fc.integer({ min: 1, max: 4 }), fc.boolean(), (places, step, backwards) => {
      const before = new Map(places.map((place) => [String(place + step), place]));
      const now = new Map(before);
      const copies = places.map((place) => ({ from: String(place + step), to: String(place) }));
      for (const wave of waves(...copies)) {
        for (const { from, to } of backwards ? wave.reverse() : wave) now.set(to, now.get(from) as number);
      }
      for (const { from, to } of copies) expect(now.get(to)).toBe(before.get(from));
    }),
  );
});
