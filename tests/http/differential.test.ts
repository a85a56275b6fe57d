/**
 * Thousands of generated requests to mayfly and to express.static (pillarjs/send)
 * over the same files. Where the two differ, the table below says by which
 * section of which RFC ours is right, or by which promise of our own.
 */
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import express from 'express';
import fc from 'fast-check';
import type { Mayfly } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import { Site } from '../support/http.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const FILES: readonly (readonly [path: string, size: number])[] = [
  ['empty.txt', 0],
  ['one.bin', 1],
  ['ten.txt', 10],
  ['page.html', 700],
  ['data.json', 5000],
  ['dir/image.png', 70_000],
  ['large.bin', 600_000],
  ['no-extension', 33],
];
const MODIFIED = Date.UTC(2025, 5, 15, 12, 30, 45);

interface Asked {
  method: 'GET' | 'HEAD';
  path: string;
  headers: Record<string, string>;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

let mayfly: Mayfly;
let ours: Site;
let theirs: Site;
let cleanUp: () => Promise<void>;
let agent: Agent;

beforeAll(async () => {
  const { path: top, remove } = await temporaryDirectory();
  const root = join(top, 'files');
  mayfly = createMayfly({
    storage: { type: 'osfs', directoryRoot: root, urlRoot: '/files' },
    purge: false,
    expirations: { type: 'sqlite', path: ':memory:' },
  });
  await mayfly.ready();
  await mkdir(join(root, 'ns/dir'), { recursive: true });
  for (const [path, size] of FILES) {
    await writeFile(
      join(root, 'ns', path),
      Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) % 256)),
    );
    await utimes(join(root, 'ns', path), MODIFIED / 1000, MODIFIED / 1000);
  }
  ours = await Site.open(mayfly.handler());
  theirs = await Site.open(express().use('/files', express.static(root, { redirect: false, index: false })));
  agent = new Agent({ keepAlive: true });
  cleanUp = async () => {
    agent.destroy();
    await ours.close();
    await theirs.close();
    await mayfly.close();
    await remove();
  };
});

afterAll(() => cleanUp());

function ask(site: Site, { method, path, headers }: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { port: site.port, host: '127.0.0.1', method, path, headers, agent },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    sent.once('error', reject);
    sent.end();
  });
}

/** Fields that tell the client what it got. */
const COMPARED = [
  'content-length',
  'content-range',
  'content-type',
  'last-modified',
  'accept-ranges',
] as const;

interface Difference {
  /** Which part of RFC 9110, or which promise, makes ours right. */
  readonly because: string;
  readonly applies: (asked: Asked, our: Answer, their: Answer) => boolean;
}

const sizeOf = (path: string): number => FILES.find(([name]) => `/files/ns/${name}` === path)?.[1] ?? -1;
const specsOf = (range: string): string[] =>
  range
    .replace(/^bytes=/i, '')
    .split(',')
    .map((spec) => spec.trim());

const DIFFERENCES: readonly Difference[] = [
  {
    because: '§14.1.2: a suffix longer than the file means all of it; send answers 416',
    applies: ({ path, headers: { range = '' } }, our, their) =>
      their.status === 416 &&
      our.status === 206 &&
      specsOf(range).some((spec) => /^-\d+$/.test(spec) && Number(spec.slice(1)) > sizeOf(path)),
  },
  {
    because: '§14.2: Range is defined for GET alone; send answers HEAD with 206 and 416 too',
    applies: ({ method, headers }, our, their) =>
      method === 'HEAD' &&
      headers.range !== undefined &&
      our.status === 200 &&
      [206, 416].includes(their.status),
  },
  {
    because: '§15.3.7.2: several ranges are sent as parts; send sends the whole',
    applies: ({ headers: { range = '' } }, our, their) =>
      range.includes(',') && our.status === 206 && their.status === 200,
  },
  {
    because:
      '§14.1.1 and §14.1.2: one bad member makes a set invalid, and a long suffix is none; send leaves both out',
    applies: ({ headers: { range = '' } }, our, their) =>
      range.includes(',') &&
      [our, their].every(({ status }) => status === 206) &&
      our.headers['content-range'] !== their.headers['content-range'],
  },
  {
    because: '§5.6.1.2: an empty member of a list counts for nothing; to send it makes a set invalid, or not',
    applies: ({ headers: { range = '' } }, our, their) =>
      range.includes(',') && specsOf(range).includes('') && our.status === 416 && their.status === 200,
  },
  {
    because: '§14.1: range units are case-insensitive; to send only "bytes" is one',
    applies: ({ headers: { range = '' } }, our, their) =>
      /^bytes=/i.test(range) &&
      !range.startsWith('bytes=') &&
      [206, 416].includes(our.status) &&
      their.status === 200,
  },
  {
    because: '§14.1.1 and §14.2: a range that is not well-formed is ignored; send satisfies or refuses it',
    applies: ({ headers: { range = '' } }, our, their) =>
      our.status === 200 &&
      [206, 416].includes(their.status) &&
      specsOf(range).some((spec) => !isRange(spec)),
  },
  {
    because:
      '§14.1.2: a suffix of no bytes of an empty file, and one of some, ask for nothing that can be named',
    applies: ({ path, headers: { range = '' } }, our, their) =>
      sizeOf(path) === 0 && range !== '' && our.status === 200 && their.status === 416,
  },
  {
    because: '§13.1.5: If-Range with a date that is not exactly that of the file asks for the whole',
    applies: ({ headers }, our, their) =>
      headers.range !== undefined &&
      headers['if-range']?.includes('GMT') === true &&
      our.status === 200 &&
      [206, 416].includes(their.status),
  },
  {
    because:
      '§13.1.5: If-Range compares strongly and by the whole value; to send a tag that contains ours is the same',
    applies: ({ headers }, our, their) =>
      headers.range !== undefined && headers['if-range'] !== undefined && our.status !== their.status,
  },
  {
    because:
      '§13.1.3 and §5.6.7: a date in another form than the three of HTTP is ignored; send takes what Date.parse does',
    applies: ({ headers }, our, their) =>
      [headers['if-modified-since'], headers['if-unmodified-since']].some(
        (date) => date !== undefined && !/GMT$/.test(date),
      ) && our.status !== their.status,
  },
  {
    because: 'RFC 9111 §5.2.1.4: no-cache of a request is for caches; send takes it for "unconditional"',
    applies: ({ headers }, our, their) =>
      headers['cache-control'] === 'no-cache' && our.status === 304 && their.status !== 304,
  },
];

function isRange(spec: string): boolean {
  const match = /^(\d*)-(\d*)$/.exec(spec);
  if (match === null || spec === '-') return false;
  return match[1] === '' || match[2] === '' || Number(match[1]) <= Number(match[2]);
}

const date = (ms: number): string => new Date(ms).toUTCString();

/** Requests as browsers, download managers, caches and fools send them. */
function requests(tagOf: (path: string) => readonly string[]): fc.Arbitrary<Asked> {
  const place = fc.constantFrom(...FILES.map(([path]) => `/files/ns/${path}`));
  const number = fc.oneof(fc.nat(15), fc.nat(800_000));
  const spec = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`) },
    { weight: 2, arbitrary: number.map((a) => `${a}-`) },
    { weight: 2, arbitrary: number.map((a) => `-${a}`) },
    { weight: 1, arbitrary: fc.constantFrom('-', '5-2', 'x-3', '1-y', '0x1-2', '--1', '1', '') },
  );
  const range = fc
    .tuple(
      fc.constantFrom('bytes=', 'bytes=', 'bytes=', 'bytes=', 'BYTES=', 'items=', 'bytes ', 'bytes'),
      fc.array(spec, { minLength: 1, maxLength: 3 }),
    )
    .map(([unit, specs]) => unit + specs.join(', '));
  const when = fc.oneof(
    fc.constantFrom(0, -1000, 1000, -86_400_000, 86_400_000).map((offset) => date(MODIFIED + offset)),
    fc.constantFrom('yesterday', '2025-06-15T12:30:45Z', '0', 'Sun, 15 Jun 2025 25:30:45 GMT'),
  );
  return place.chain((path) => {
    const tag = fc.constantFrom('*', '"other"', 'W/"other"', '"a", "b"', ...tagOf(path));
    const one = <T>(outOf: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.oneof({ weight: outOf - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
    return fc
      .record({
        method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD') as fc.Arbitrary<'GET' | 'HEAD'>,
        range: one(2, range),
        'if-range': one(4, fc.oneof(when, fc.constantFrom('"other"', 'W/"other"'))),
        'if-none-match': one(3, tag),
        'if-match': one(6, fc.constantFrom('*', '*', '"other"')),
        'if-modified-since': one(3, when),
        'if-unmodified-since': one(6, when),
        'cache-control': one(8, fc.constantFrom('no-cache', 'max-age=0')),
        query: fc.constantFrom('', '', '?', '?v=1'),
      })
      .map(({ method, query, ...fields }) => {
        const headers = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
        return { method, path: path + query, headers: headers as Record<string, string> };
      });
  });
}

const seen = new Map<string, number>();

function checkAlike(asked: Asked, our: Answer, their: Answer): void {
  const plain = { ...asked, path: asked.path.replace(/\?.*$/, '') };
  const difference = DIFFERENCES.find(({ applies }) => applies(plain, our, their));
  if (difference !== undefined) {
    seen.set(difference.because, (seen.get(difference.because) ?? 0) + 1);
    return;
  }
  expect({ asked, status: our.status }).toEqual({ asked, status: their.status });
  if (our.status >= 400) {
    expect(our.headers['content-range']).toBe(their.headers['content-range']);
    return; // Problem documents here, pages there.
  }
  for (const name of COMPARED) {
    if (our.status === 304 && name !== 'last-modified') continue; // §15.4.5: send tells more than a 304 has to.
    expect({ asked, name, value: told(name, our) }).toEqual({ asked, name, value: told(name, their) });
  }
  expect({ asked, same: our.body.equals(their.body) }).toEqual({ asked, same: true });
}

/** send names no type where it knows none. */
function told(name: (typeof COMPARED)[number], { headers }: Answer): string | undefined {
  const value = headers[name];
  return name === 'content-type'
    ? value?.toLowerCase().replace(/^application\/octet-stream$/, '') || ''
    : value;
}

it('thousands of requests are answered as send answers them, or better by the book', async () => {
  await fc.assert(
    fc.asyncProperty(
      requests(() => []),
      async (asked) => {
        const [our, their] = await Promise.all([ask(ours, asked), ask(theirs, asked)]);
        checkAlike(asked, our, their);
      },
    ),
    { numRuns: 5000, seed: 5 },
  );
  // A row that nothing falls under any more is to be struck out.
  expect([...seen.keys()].sort()).toEqual(DIFFERENCES.map(({ because }) => because).sort());
}, 120_000);

it('each with its own entity tags, thousands of validations come out alike', async () => {
  const tags = async (site: Site, path: string): Promise<string> =>
    (await ask(site, { method: 'HEAD', path, headers: {} })).headers.etag ?? '';
  const forms = ['TAG', 'W/TAG', '"x", TAG', 'TAG, "x"', '"x" , W/TAG', '"xTAG"'] as const;
  const cases = fc.record({
    path: fc.constantFrom(...FILES.map(([path]) => `/files/ns/${path}`)),
    method: fc.constantFrom('GET', 'HEAD') as fc.Arbitrary<'GET' | 'HEAD'>,
    form: fc.constantFrom(...forms),
    since: fc.option(fc.constantFrom(-1000, 0, 1000), { nil: undefined }),
  });
  const property = fc.asyncProperty(cases, async ({ path, method, form, since }) => {
    const statuses = await Promise.all(
      [ours, theirs].map(async (site) => {
        const tag = (await tags(site, path)).replace(/^W\//, '');
        const headers: Record<string, string> = { 'if-none-match': form.replace('TAG', tag) };
        if (form === '"xTAG"') headers['if-none-match'] = `"x${tag.slice(1)}`;
        if (since !== undefined) headers['if-modified-since'] = date(MODIFIED + since);
        return (await ask(site, { method, path, headers })).status;
      }),
    );
    expect({ path, method, form, since, ours: statuses[0] }).toEqual({
      path,
      method,
      form,
      since,
      ours: statuses[1],
    });
  });
  await fc.assert(property, { numRuns: 1000 });
}, 120_000);

/** What a path is told of: the same file, or none. How it is refused differs. */
const kindOf = ({ status }: Answer): string => (status < 300 ? 'sent' : 'refused');

it('thousands of paths lead to the same file or to none', async () => {
  const segment = fc.constantFrom(
    'ns',
    'dir',
    'image.png',
    'ten.txt',
    'page.html',
    'no-extension',
    'missing',
    '.',
    '..',
    '',
    '.hidden',
    '%2e',
    '%2E%2e',
    'ten%2Etxt',
    '%74en.txt',
    'ten.txt%00',
    '%',
    '%zz',
    'ten.txt ',
    '%20',
    'TEN.TXT',
    '%c3%28',
    '..%2f',
    '%5c',
  );
  const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/files/${parts.join('/')}`);
  const known = /^\/files\/ns(\/|$)/;
  await fc.assert(
    fc.asyncProperty(path, async (target) => {
      if (/[ ]/.test(target)) return; // No request target.
      const asked: Asked = { method: 'GET', path: target, headers: {} };
      const [our, their] = await Promise.all([ask(ours, asked), ask(theirs, asked)]);
      if (kindOf(our) === kindOf(their)) {
        if (kindOf(our) === 'sent')
          expect({ target, same: our.body.equals(their.body) }).toEqual({ target, same: true });
        return;
      }
      // Ours serves namespaces and nothing beside them, and no namespace is left by "..".
      expect({ target, our: our.status, their: their.status, explained: explained(target) }).toMatchObject({
        explained: true,
      });
      function explained(url: string): boolean {
        if (kindOf(our) === 'sent') return /\/\/|%2e|\/\.\.?(\/|$)/i.test(url) && known.test(url);
        // RFC 3986 §5.2.4: without its last dot the URL ends in a slash, and that of a file does not.
        return /%2e%2e|\.\.|%2f|\/(?:\.|%2e)$/i.test(url) || !known.test(url);
      }
    }),
    { numRuns: 3000 },
  );
}, 120_000);
