/**
 * Runs contenders side by side: a warm-up each, then alternating rounds, so
 * that a drift of the machine's speed meets them all alike. What counts is the
 * ratio of medians to the baseline's.
 */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => Promise<number>} round one measurement; a rate: more is better
 */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Measure and print a table.
 *
 * @param {string} question
 * @param {string} unit of the rates
 * @param {readonly Contender[]} contenders the first is the baseline
 * @param {number} rounds counted rounds of each; default 5
 */
export async function compare(question, unit, contenders, rounds = 5) {
  const rates = new Map(contenders.map(({ name }) => [name, /** @type {number[]} */ ([])]));
  for (const { round } of contenders) await round();
  for (let i = 0; i < rounds; i++) {
    // Every other round in reverse, so that nobody always follows the same neighbour.
    const order = i % 2 === 0 ? contenders : [...contenders].reverse();
    for (const { name, round } of order) rates.get(name)?.push(await round());
  }
  const baseline = median(rates.get(contenders[0].name) ?? []);
  console.log(`\n${question} (median of ${rounds} rounds, ${unit})\n`);
  console.log('| contender | median | lowest | highest | ratio |');
  console.log('| --- | --- | --- | --- | --- |');
  for (const { name } of contenders) {
    const values = rates.get(name) ?? [];
    const figures = [median(values), Math.min(...values), Math.max(...values)].map((rate) =>
      Math.round(rate),
    );
    console.log(`| ${name} | ${figures.join(' | ')} | ${(median(values) / baseline).toFixed(2)} |`);
  }
}
