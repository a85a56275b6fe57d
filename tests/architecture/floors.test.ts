/** Holds the sources to the map in docs/ARCHITECTURE.md. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { breachesOf, importsOf, type Plan, type Sources } from './imports.js';

const SRC = new URL('../../src/', import.meta.url).pathname;

const plan: Plan = {
  floors: [
    ['errors', 'clock', 'logger', 'client'],
    ['path'],
    ['fs'],
    ['backends'],
    ['composed'],
    ['urls', 'expirations'],
    ['namespaces', 'conformance'],
    ['http', 'adapters'],
    ['options'],
    ['mayfly.ts'],
    ['index.ts'],
    ['server'],
    ['cli'],
  ],
  vendors: {
    // expirations/sql: the directory of the database, and the lock files of its holders.
    'node:fs': ['backends/disk/', 'server/', 'cli/', 'expirations/sql/'],
    '@aws-sdk': ['backends/s3/'],
    'better-sqlite3': ['expirations/sql/'],
    kysely: ['expirations/sql/'],
    pg: ['expirations/sql/'],
    picomatch: ['fs/derived/glob.ts', 'fs/derived/glob-pattern.ts'],
    'node-cron': ['expirations/purge-schedule.ts'],
    express: ['http/', 'server/', 'mayfly.ts'], // The composition root names the Router's type in its interface.
    multer: ['http/', 'server/'],
    cors: ['http/cross-origin.ts'],
    'file-type': ['http/semantics/sniff.ts'],
    config: ['server/'],
    commander: ['cli/'],
    pino: ['server/'],
    'prom-client': ['server/'],
  },
  words: { 'process.env': ['server/config.ts'] },
  apart: ['backends'],
};

async function readSources(): Promise<Sources> {
  const files = (await readdir(SRC, { recursive: true })).filter((file) => file.endsWith('.ts'));
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(join(SRC, file), 'utf8')] as const)),
  );
}

describe('the sources', () => {
  it('import downwards only, keep vendors at home, and have no cycle', async () => {
    const sources = await readSources();
    expect(sources.size).toBeGreaterThan(40);
    expect(breachesOf(sources, plan)).toEqual([]);
  });
});

describe('the scanner', () => {
  it.each([
    ["import { a } from './a.js';", './a.js'],
    ["import type { A } from './a.js';", './a.js'],
    ["import { type A, b } from './a.js';", './a.js'],
    ["import * as a from './a.js';", './a.js'],
    ["import a, { b } from './a.js';", './a.js'],
    ["import './a.js';", './a.js'],
    ['import {\n  a,\n  b,\n} from "./a.js";', './a.js'],
    ["export { a } from './a.js';", './a.js'],
    ["export * from './a.js';", './a.js'],
    ["export type { A } from './a.js';", './a.js'],
    ["const a = await import('./a.js');", './a.js'],
    ["let a: import('./a.js').A;", './a.js'],
    ["const a = require('express');", 'express'],
  ])('sees %j', (source, expected) => {
    expect(importsOf(source)).toEqual([expected]);
  });

  it('sees each of several, and none in a comment', () => {
    const source =
      "/** import a from './no.js' */\n// import b from './no.js'\nimport c from './c.js';\nexport const d = 1;\nimport e from './e.js';";
    expect(importsOf(source)).toEqual(['./c.js', './e.js']);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['an import upwards', { 'fs/a.ts': "import type { B } from '../namespaces/b.js';" }, /above it/],
    ['a stranger on the floor', { 'urls/a.ts': "import { b } from '../expirations/b.js';" }, /a stranger/],
    ['another backend', { 'backends/disk/a.ts': "import { b } from '../memory/b.js';" }, /its neighbour/],
    ['a file on no floor', { 'misc/a.ts': "import { b } from '../fs/b.js';" }, /on no floor/],
    ['a vendor from home', { 'namespaces/a.ts': "import { readFile } from 'node:fs/promises';" }, /node:fs/],
    ['a vendor that is loaded late', { 'http/a.ts': "const c = await import('node-cron');" }, /node-cron/],
    ['a word from home', { 'http/a.ts': 'const port = process.env.PORT;' }, /process\.env/],
    [
      'a cycle',
      {
        'fs/a.ts': "import './b.js';",
        'fs/b.ts': "import './derived/c.js';",
        'fs/derived/c.ts': "import type { A } from '../a.js';",
      },
      /a cycle: fs\/a.ts -> fs\/b.ts -> fs\/derived\/c.ts -> fs\/a.ts/,
    ],
  ])('finds %s', (_, planted, expected) => {
    const breaches = breachesOf(new Map(Object.entries(planted)), plan);
    expect(breaches).toHaveLength(1);
    expect(breaches[0]).toMatch(expected);
  });

  it('finds nothing in what keeps to the plan', () => {
    const sources = {
      'errors/e.ts': '',
      'fs/a.ts': "import { E } from '../errors/e.js';",
      'backends/disk/d.ts': "import '../../fs/a.js'; import * as fs from 'node:fs';",
      'server/config.ts': 'const port = process.env.PORT;',
      'index.ts': "export { a } from './fs/a.js';",
    };
    expect(breachesOf(new Map(Object.entries(sources)), plan)).toEqual([]);
  });
});
