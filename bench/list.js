/**
 * Listing 100,000 files and walking a tree of 100,000, beside what Node itself
 * offers. Names alone are one question, names with size and times another:
 * whoever wants those from Node has to call lstat for each.
 */

import { writeFileSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, opendir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OSFS } from 'mayfly';
import { compare } from './harness.js';

const FILES = 100_000;
const DIRECTORIES = 1000;

const work = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), 'mayfly-list-'));
const flat = join(work, 'flat');
const tree = join(work, 'tree');
const fs = new OSFS(work);

async function prepare() {
  await mkdir(flat);
  for (let i = 0; i < FILES; i++) writeFileSync(join(flat, `file-${i}.txt`), '');
  for (let d = 0; d < DIRECTORIES; d++) {
    const directory = join(tree, `group-${d % 10}`, `directory-${d}`);
    await mkdir(directory, { recursive: true });
    for (let i = 0; i < FILES / DIRECTORIES; i++) writeFileSync(join(directory, `file-${i}.txt`), '');
  }
}

/** @param {() => Promise<number>} list gives how many files it saw */
function timed(list) {
  return async () => {
    const started = performance.now();
    const seen = await list();
    if (seen !== FILES) throw new Error(`${seen} files seen, not ${FILES}`);
    return FILES / ((performance.now() - started) / 1000);
  };
}

async function countFiles(infos) {
  let seen = 0;
  for await (const info of infos) if (!info.isDir) seen++;
  return seen;
}

async function opendirNames(directory) {
  let seen = 0;
  for await (const entry of await opendir(directory)) if (entry.isFile()) seen++;
  return seen;
}

/** As a program does it that wants sizes: 64 calls under way. */
async function lstatAll(paths) {
  let seen = 0;
  for (let at = 0; at < paths.length; at += 64) {
    const all = await Promise.all(paths.slice(at, at + 64).map((path) => lstat(path)));
    for (const stats of all) if (stats.isFile() && stats.size === 0) seen++;
  }
  return seen;
}

async function opendirStats() {
  const paths = [];
  for await (const entry of await opendir(flat)) paths.push(join(flat, entry.name));
  return lstatAll(paths);
}

async function readdirTree(withStats) {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return withStats ? lstatAll(files.map((entry) => join(entry.parentPath, entry.name))) : files.length;
}

/** How long until the first entry, and what the heap grows by meanwhile. */
async function firstAndMemory(name, open) {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const started = performance.now();
  let first = 0;
  let peak = 0;
  let seen = 0;
  for await (const _ of open()) {
    if (seen++ === 0) first = performance.now() - started;
    if (seen % 5000 === 0) peak = Math.max(peak, process.memoryUsage().rss - before);
  }
  const total = performance.now() - started;
  console.log(
    `${name}: first entry after ${first.toFixed(0)} ms of ${total.toFixed(0)}; resident memory grew by ${(peak / 2 ** 20).toFixed(0)} MiB at most`,
  );
}

try {
  await prepare();
  await firstAndMemory('OSFS.scanDir', () => fs.scanDir('flat'));
  await firstAndMemory('OSFS.walk', () => fs.walk('tree', { search: 'depth' }));
  await compare(`Names of ${FILES} files in one directory`, 'files a second', [
    { name: 'fs.promises.opendir', round: timed(() => opendirNames(flat)) },
    { name: 'OSFS.listDir', round: timed(async () => (await fs.listDir('flat')).length) },
  ]);
  await compare(`${FILES} files in one directory, with size and times`, 'files a second', [
    { name: 'fs.promises.opendir and lstat', round: timed(opendirStats) },
    { name: 'OSFS.scanDir', round: timed(() => countFiles(fs.scanDir('flat'))) },
  ]);
  await compare(`A tree of ${FILES} files, with size and times`, 'files a second', [
    { name: 'readdir recursive and lstat', round: timed(() => readdirTree(true)) },
    { name: 'OSFS.walk, breadth', round: timed(() => countFiles(fs.walk('tree'))) },
    { name: 'OSFS.walk, depth', round: timed(() => countFiles(fs.walk('tree', { search: 'depth' }))) },
    { name: 'readdir recursive, names only', round: timed(() => readdirTree(false)) },
  ]);
} finally {
  await rm(work, { recursive: true, force: true });
}
