/**
 * Runs contenders side by side: a warm-up each, then alternating rounds, so
 * that a drift of the machine's speed meets them all alike. What counts is the
 * ratio of medians to the baseline's.
 */

import { readFileSync } from 'node:fs';

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

/**
 * As `compare`, of servers under load: also how long 99 of 100 answers took,
 * and the processor's time for one, which other work on the machine changes less.
 *
 * @param {string} question
 * @param {readonly { name: string, pid: number, round: () => Promise<{ rate: number, p99: number }>, seconds: number }[]} contenders
 *   the first is the baseline
 * @param {number} rounds counted rounds of each; default 5
 */
export async function compareServers(question, contenders, rounds = 5) {
  const all = new Map(contenders.map(({ name }) => [name, []]));
  for (let i = 0; i <= rounds; i++) {
    const order = i % 2 === 0 ? contenders : [...contenders].reverse();
    for (const { name, pid, round, seconds } of order) {
      const before = processorMs(pid);
      const { rate, p99 } = await round();
      const used = (processorMs(pid) - before) * 1000;
      if (i > 0) all.get(name).push({ rate, p99, cost: used / (rate * seconds) }); // The first is the warm-up.
    }
  }
  const of = (name, what) => median(all.get(name).map((figures) => figures[what]));
  const [{ name: baseline }] = contenders;
  console.log(`\n${question} (medians of ${rounds} rounds)\n`);
  console.log('| contender | answers a second | ratio | µs of processor an answer | ratio | p99, ms |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const { name } of contenders) {
    const [rate, cost, p99] = [of(name, 'rate'), of(name, 'cost'), of(name, 'p99')];
    const ratios = [rate / of(baseline, 'rate'), of(baseline, 'cost') / cost].map((ratio) =>
      ratio.toFixed(2),
    );
    const cells = [Math.round(rate), ratios[0], cost.toFixed(1), ratios[1], p99.toFixed(1)];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

/** Processor time of a process, in ms; NaN where there is no proc(5). */
function processorMs(pid) {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, , , , , , , , , , , user, system] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return (Number(user) + Number(system)) * 10; // Ticks of a hundredth of a second everywhere that counts.
  } catch {
    return Number.NaN;
  }
}
