/** The command line, run as it is installed. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { createMayfly, SqliteExpirationStore } from '../../src/index.js';
import { Program } from '../server/program.js';
import { nameOfDeadWriter } from '../support/dead-writer.js';
import { describeS3, newBucket, server } from '../support/s3.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import type { Outcome } from './command.js';
import { runCommand } from './command.js';

let directory: { path: string; remove: () => Promise<void> };

beforeEach(async () => {
  directory = await temporaryDirectory();
});

afterEach(() => directory.remove());

const at = (...parts: string[]) => join(directory.path, ...parts);
const mayfly = (...args: string[]): Promise<Outcome> => runCommand(directory.path, args);

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await mayfly(...args);
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
  return stdout;
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await done(...args, '--json')) as Record<string, unknown>;
}

async function makePhotos(): Promise<void> {
  await mkdir(at('photos/2026'), { recursive: true });
  await writeFile(at('photos/a.txt'), 'one');
  await writeFile(at('photos/2026/b.txt'), 'two');
}

/** The storage of the commands, in this process. */
function sameMayfly(clock?: () => number) {
  return createMayfly({
    storage: { type: 'osfs', directoryRoot: at('var/files'), urlRoot: '/files' },
    expirations: { type: 'sqlite', path: at('var/expirations.db') },
    purge: false,
    ...(clock === undefined ? {} : { clock }),
  });
}

describe('mayfly', () => {
  it('tells its commands, places and exit codes', async () => {
    const help = await done('--help');
    for (const name of [
      'serve',
      'purge',
      'ls',
      'tree',
      'cp',
      'rm',
      'url',
      'expire',
      'stat',
      'mirror',
      'fsck',
      'doctor',
    ])
      expect(help).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(help).toContain('Exit codes:');
  });

  it.each<[string, string[], number, RegExp]>([
    ['an unknown command', ['bogus'], 2, /unknown command/],
    ['an unknown option', ['ls', '--bogus'], 2, /unknown option/],
    ['a missing argument', ['stat'], 2, /missing required argument/],
    ['a storage that is not there', ['ls', 'charts:'], 2, /no storage at var\/files/],
    ['a bad namespace', ['ls', '.hidden:x'], 2, /can't be the name of a namespace/],
    ['a bad duration', ['expire', 'charts:x', '5 minutes'], 2, /is no duration/],
    ['an unknown protocol', ['ls', 'ftp://host/x'], 1, /no filesystem has the protocol/],
    ['a local file that is not there', ['cp', './nope', './x'], 4, /not found/],
  ])('refuses %s in one line', async (_, args, code, words) => {
    const outcome = await mayfly(...args);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(words);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
    expect(outcome.stdout).toBe('');
  });

  it('tells bad settings as such, in JSON too', async () => {
    const { code, stderr } = await runCommand(directory.path, ['purge', '--json'], { MAYFLY_PORT: 'x' });
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'BadSettings', message: expect.stringContaining('MAYFLY_PORT'), exitCode: 2 },
    });
  });

  it.each([
    [['--json', 'ls', '--frob'], "unknown option '--frob'"],
    [['stat', '--json'], "missing required argument 'place'"],
    [['bogus', '--json'], "unknown command 'bogus'"],
    [['--json'], 'a command is missing'],
  ])('tells of %j in JSON', async (args, words) => {
    const { code, stdout, stderr } = await mayfly(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'UsageError', message: `${words} (add --help for help)`, exitCode: 2 },
    });
  });

  it('warns of variables that are no settings, and refuses a directory of settings that is not there', async () => {
    await mkdir(at('var/files'), { recursive: true });
    const misspelled = { MAYFLY_PROT: '5' };
    expect(await runCommand(directory.path, ['ls'], misspelled)).toMatchObject({
      code: 0,
      stderr: 'mayfly: MAYFLY_PROT is not a setting: see config/README.md\n',
    });
    const told = await runCommand(directory.path, ['doctor'], misspelled);
    expect(told.stdout).toContain('WARN settings: MAYFLY_PROT');
    expect(told.stderr).not.toContain('MAYFLY_PROT');
    const { code, stderr } = await mayfly('ls', '--config', './nowhere');
    expect([code, stderr]).toEqual([2, expect.stringContaining('./nowhere, which --config names')]);
  });

  it('ends quietly when its reader has had enough', async () => {
    await makePhotos();
    await done('cp', '-r', 'photos', 'charts:');
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const child = spawn(
      'bash',
      ['-c', `set -o pipefail; '${process.execPath}' '${main}' ls charts: | true`],
      {
        cwd: directory.path,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(stderr).toBe('');
  });
});

describe('mayfly cp, ls, tree, stat, rm', () => {
  it('finds nothing below a file of this machine', async () => {
    await makePhotos();
    for (const args of [
      ['ls', './photos/a.txt/b'],
      ['cp', './photos/a.txt', './photos/a.txt/b'],
    ]) {
      const { code, stderr } = await mayfly(...args);
      expect({ args, code, stderr }).toMatchObject({ args, code: 4 });
      expect(stderr).toContain('"./photos/a.txt/b" not found');
    }
  });

  beforeEach(makePhotos);

  it.each([
    ['a namespace', 'charts:b/', 'charts:'],
    ['this machine', 'here/b/', 'here'],
  ])(
    'copy what is in a directory of %s to where it lies as it was at the start',
    async (_, source, target) => {
      // In whatever order the system lists them, one of the two files comes after the directory.
      for (const directory of ['b', 'b/b', 'b/b/b']) {
        await mkdir(at('here', directory), { recursive: true });
        await writeFile(at('here', directory, 'a'), `${directory}/a`);
        await mkdir(at('here', directory, 'b'));
        await writeFile(at('here', directory, 'z'), `${directory}/z`);
      }
      if (target !== 'here') await done('cp', '-r', 'here/', target);
      expect(await done('cp', '-r', '--concurrency', '1', source, target)).toBe('copied 6 files, 30 B\n');
      await done('cp', '-r', target, 'back/');
      const paths = ['', 'b/', 'b/b/'].flatMap((above) => ['a', 'z'].map((name) => `${above}${name}`));
      for (const path of paths) expect(await readFile(at('back', path), 'utf8')).toBe(`b/${path}`);
    },
  );

  it('bring a tree into a namespace, show it, bring it back, and remove it', async () => {
    expect(await done('cp', '-r', 'photos', 'charts:')).toBe('copied 2 files, 6 B\n');
    expect(await done('ls')).toBe('charts:\n');
    expect(await done('ls', 'charts:photos')).toBe('2026/\na.txt\n');
    expect(await done('tree', 'charts:')).toContain('b.txt');
    expect(await json('stat', 'charts:photos/a.txt')).toMatchObject({
      path: 'photos/a.txt',
      size: 3,
      isDir: false,
      expires: null,
      url: 'http://127.0.0.1:3000/files/charts/photos/a.txt',
    });
    await done('cp', '-r', 'charts:photos', 'back/');
    expect(await readFile(at('back/2026/b.txt'), 'utf8')).toBe('two');
    expect(await readdir(at('back'))).toEqual(['2026', 'a.txt']); // No staging area stays.
    expect((await mayfly('rm', 'charts:photos')).code).toBe(2);
    await done('rm', '-r', 'charts:photos');
    expect((await mayfly('stat', 'charts:photos')).code).toBe(4);
    expect((await mayfly('rm', 'charts:photos/a.txt')).code).toBe(4);
    const { code, stdout } = await mayfly('rm', '-f', 'charts:photos/a.txt');
    expect([code, stdout]).toEqual([0, 'nothing was there\n']);
  });

  it('copy one file to a name, into a directory, and between URLs', async () => {
    await done('cp', 'photos/a.txt', 'charts:one.txt');
    await done('cp', 'photos/a.txt', 'photos/2026/b.txt', 'charts:in/');
    expect(await done('ls', 'charts:in')).toBe('a.txt\nb.txt\n');
    await done('cp', `osfs://${at('photos')}/a.txt`, `file://${at('copy.txt')}`);
    expect(await readFile(at('copy.txt'), 'utf8')).toBe('one');
    const refused = await mayfly('cp', 'photos', 'charts:x');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('cp -r') });
  });

  it('copy only what is newer, when asked', async () => {
    await done('cp', '-r', 'photos', 'charts:');
    const before = new Date(Date.now() - 60_000);
    await utimes(at('photos/a.txt'), before, before);
    await writeFile(at('photos/a.txt.new'), 'new');
    expect(await json('cp', '-r', '--newer', 'photos', 'charts:')).toMatchObject({ files: 1, skipped: 2 });
  });

  it('follow a link to a file, and leave alone what is neither file nor directory', async () => {
    await writeFile(at('file.txt'), 'old');
    await mkdir(at('to'));
    await symlink('../file.txt', at('to/a.txt'));
    await done('cp', 'photos/a.txt', 'to');
    expect(await readlink(at('to/a.txt'))).toBe('../file.txt');
    expect(await readFile(at('file.txt'), 'utf8')).toBe('one');
    execFileSync('mkfifo', [at('pipe'), at('to/b.txt')]);
    await symlink('pipe', at('link-to-pipe'));
    await symlink('nowhere', at('link-to-nothing'));
    for (const refused of ['pipe', 'link-to-pipe', 'link-to-nothing']) {
      expect((await mayfly('cp', 'photos/a.txt', refused)).code).toBe(2);
    }
    const { code, stderr } = await mayfly('mirror', 'photos/2026', 'to');
    expect([code, stderr]).toEqual([2, expect.stringContaining('to/b.txt is neither a file nor')]);
    const kinds = await Promise.all(['pipe', 'to/b.txt'].map((path) => lstat(at(path))));
    expect(kinds.map((stats) => stats.isFIFO())).toEqual([true, true]);
    expect(await readlink(at('link-to-pipe'))).toBe('pipe');
    expect((await readdir(at('.'))).sort()).not.toContain('nowhere');
    await rm(at('to/b.txt'));
    await symlink('../photos/a.txt', at('to/same.txt'));
    expect((await mayfly('cp', 'photos/a.txt', 'to/same.txt')).stderr).toContain('its own destination');
  });

  it('take standard input and output for a file', async () => {
    const from = (...args: string[]) => runCommand(directory.path, args, {}, 'piped');
    expect((await from('cp', '-', 'charts:a/b.txt')).stdout).toBe('copied 1 file, 5 B\n');
    expect(await done('cp', 'charts:a/b.txt', '-')).toBe('piped');
    expect((await from('cp', '-', 'new/c.txt')).code).toBe(0);
    expect(await readFile(at('new/c.txt'), 'utf8')).toBe('piped');
    expect(await from('cp', '-l', '5m', '--json', '-', 'charts:d.txt')).toMatchObject({ code: 0 });
    expect(await json('stat', 'charts:d.txt')).toMatchObject({ size: 5, expires: expect.any(String) });
    expect((await mayfly('cp', 'charts:nope', '-')).code).toBe(4);
  });

  it.each([
    '- -',
    '- charts:',
    '- fresh/',
    '- photos',
    '- photos/a.txt charts:',
    '-r photos -',
    '-l 5m photos/a.txt -',
  ])('refuse cp %s', async (args) => {
    expect(await mayfly('cp', ...args.split(' '))).toMatchObject({ code: 2, stdout: '' });
    expect(await readdir(at('.'))).not.toContain('fresh');
  });

  it('leave nothing of input that goes on when they are interrupted', async () => {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const child = spawn(process.execPath, [main, 'cp', '-', 'charts:a.txt'], {
      cwd: directory.path,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = once(child, 'close');
    child.stdin.on('error', () => {}).write('more will come');
    const staged = () => readdir(at('var/files/.mayfly/tmp')).catch(() => []);
    while ((await staged()).length === 0) await sleep(20);
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    expect(await staged()).toEqual([]);
    expect((await mayfly('stat', 'charts:a.txt')).code).toBe(4);
  });

  it('give copies a lifetime, which counts from the copy on', async () => {
    const before = Date.now();
    await done('cp', '-l', '1h30m', 'photos/a.txt', 'charts:a.txt');
    const { expires } = await json('stat', 'charts:a.txt');
    const left = Date.parse(String(expires)) - before;
    expect(left).toBeGreaterThanOrEqual(5_400_000);
    expect(left).toBeLessThan(5_400_000 + 60_000);
    expect((await mayfly('cp', '-l', '5m', 'photos/a.txt', 'photos/c.txt')).code).toBe(2);
  });

  it('write listings as one JSON object a line', async () => {
    await done('cp', '-r', 'photos', 'charts:');
    const lines = (await done('ls', '--json', 'charts:photos')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { name: '2026', isDir: true },
      { name: 'a.txt', path: 'photos/a.txt', size: 3, isDir: false, expires: null },
    ]);
    const { expires } = await json('expire', 'charts:photos/a.txt', '5m');
    const tree = (await done('tree', '--json', 'charts:photos')).trim().split('\n');
    expect(tree.map((line) => JSON.parse(line) as object)).toMatchObject([
      { path: 'photos/2026', isDir: true, expires: null },
      { path: 'photos/a.txt', isDir: false, expires },
      { path: 'photos/2026/b.txt', isDir: false, expires: null },
    ]);
  });
});

describe('mayfly url, expire', () => {
  beforeEach(async () => {
    await writeFile(at('a.txt'), 'one');
    await done('cp', 'a.txt', 'charts:a.txt');
  });

  it('print URLs, with the origin that is configured', async () => {
    const { stdout } = await runCommand(directory.path, ['url', 'charts:ä b.txt', '--download', 'c.txt'], {
      MAYFLY_PUBLIC_URL: 'https://files.example.com',
    });
    expect(stdout).toBe('https://files.example.com/files/charts/%C3%A4%20b.txt?download=c.txt\n');
    expect((await mayfly('url', './a.txt')).code).toBe(2);
  });

  it('signs a URL that works for a while, by the secret of the server', async () => {
    const timely = new URL((await done('url', 'charts:a.txt', '--timeout', '5m')).trim());
    const { program, url } = await Program.start({
      MAYFLY_DIRECTORY_ROOT: at('var/files'),
      MAYFLY_EXPIRATIONS_PATH: at('var/expirations.db'),
      MAYFLY_URLS_REQUIRED: 'true',
    });
    try {
      expect((await fetch(url + timely.pathname + timely.search)).status).toBe(200);
      expect((await fetch(url + timely.pathname)).status).toBe(403);
    } finally {
      await program.dispose();
    }
  });

  it('leaves the secret alone where nothing is to be signed', async () => {
    await done('url', 'charts:a.txt');
    await done('stat', 'charts:a.txt');
    expect(await done('doctor')).toContain(
      'links: will be signed, by a secret that is made in var/url-secret',
    );
    expect(await readdir(at('var'))).not.toContain('url-secret');
  });

  it('set a deadline, move it, take it away', async () => {
    const { expires } = await json('expire', 'charts:a.txt', '5m');
    expect(Date.parse(String(expires)) - Date.now()).toBeGreaterThan(200_000);
    expect(await done('expire', 'charts:a.txt', 'never')).toBe('charts:a.txt stays\n');
    expect(await json('stat', 'charts:a.txt')).toMatchObject({ expires: null });
    expect((await mayfly('expire', 'charts:nope', '5m')).code).toBe(4);
    expect((await mayfly('expire', 'charts:later', '5m', '--ahead')).code).toBe(0);
  });
});

describe('places by URL', () => {
  it('name the same directory as openFS: the host localhost is left out of file URLs alone', async () => {
    await makePhotos();
    await mkdir(at('localhost/photos'), { recursive: true });
    await writeFile(at('localhost/photos/c.txt'), 'three');
    expect(await done('ls', `file://localhost${at('photos')}/`)).toBe('2026/\na.txt\n');
    expect(await done('ls', 'osfs://localhost/photos/')).toBe('c.txt\n');
  });
});

describe('mayfly mirror', () => {
  it('makes a directory like another', async () => {
    await makePhotos();
    await mkdir(at('copy'));
    await writeFile(at('copy/old.txt'), 'old');
    expect(await json('mirror', 'photos', 'copy')).toMatchObject({ files: 2, removed: 1 });
    expect((await readdir(at('copy'))).sort()).toEqual(['2026', 'a.txt']);
    expect(await done('mirror', 'photos', 'copy')).toBe(
      'copied 0 files, 0 B; 2 were the same; removed 0 files\n',
    );
    expect(await json('mirror', 'photos', 'charts:p')).toMatchObject({ files: 2 });
    expect(await done('ls', 'charts:p')).toBe('2026/\na.txt\n');
  });
});

describe('mayfly mirror of a namespace', () => {
  beforeEach(async () => {
    await makePhotos();
    await done('cp', '-r', 'photos', 'charts:');
  });

  it('that is not there empties nothing', async () => {
    const { code, stderr } = await mayfly('mirror', 'chrats:', 'photos');
    expect(code).toBe(4);
    expect(stderr).toContain('there is no namespace chrats:');
    expect((await readdir(at('photos'))).sort()).toEqual(['2026', 'a.txt']);
  });

  it('that is there with nothing in it empties the destination', async () => {
    await done('rm', '-r', 'charts:');
    await mkdir(at('var/files/charts'), { recursive: true });
    expect(await json('mirror', 'charts:', 'photos')).toMatchObject({ files: 0, removed: 2 });
    expect(await readdir(at('photos'))).toEqual([]);
  });
});

describe('mayfly purge', () => {
  it('removes what is due and exits 0; 1 while something can not be removed', async () => {
    await writeFile(at('a.txt'), 'one');
    await done('cp', 'a.txt', 'charts:a.txt');
    await done('cp', 'a.txt', 'charts:stays.txt');
    await done('expire', 'charts:a.txt', '0');
    expect(await json('purge')).toMatchObject({ removed: 1, failed: 0 });
    expect(await done('ls', 'charts:')).toBe('stays.txt\n');
    // A directory at a due path is never removed.
    await done('expire', '--ahead', 'charts:dir', '0');
    await mkdir(at('var/files/charts/dir'));
    const { code, stdout, stderr } = await mayfly('purge');
    expect(code).toBe(1);
    expect(stdout).toContain('failed 1');
    expect(stderr).toContain('charts:dir');
  });

  it('exits 3 when the storage is not the one of the deadlines', async () => {
    await writeFile(at('a.txt'), 'one');
    await done('cp', 'a.txt', 'charts:a.txt');
    await rm(at('var/files'), { recursive: true });
    await mkdir(at('var/files'));
    expect((await mayfly('purge')).code).toBe(3);
  });
});

describe('mayfly fsck', () => {
  it('finds lost files, broken-off writes, directories and leftovers, and mends them only when asked', async () => {
    const files = sameMayfly();
    const charts = files.getFilesystem('charts');
    for (const name of ['lost.txt', 'good.txt']) await charts.write(name, 'x', { seconds: 3600 });
    await charts.expire('ahead.txt', 3600); // On disk nobody can tell it from one that was lost.
    await charts.expire('dir', 3600);
    await files.close();
    await rm(at('var/files/charts/lost.txt'));
    await mkdir(at('var/files/charts/dir'));
    await writeFile(at(`var/files/.mayfly/tmp/${nameOfDeadWriter()}`), 'half');
    const store = new SqliteExpirationStore(at('var/expirations.db'));
    const key = { namespace: 'charts', path: 'broken.txt' };
    await store.claim('t', [key]);
    const intent = { deadline: Date.now() + 3_600_000, before: null };
    await store.settle('t', [{ ...key, deadline: null, intent, seen: false }]);
    await store.close();

    const found = { lost: 2, unsettled: 1, directories: 1, leftovers: 1, waiting: 0, found: 5, rows: 5 };
    const first = await mayfly('fsck', '--json');
    expect(first.code).toBe(1);
    expect(JSON.parse(first.stdout)).toMatchObject({ ...found, fixed: 0 });
    const told = await mayfly('fsck');
    expect(told.stdout).toContain('charts:lost.txt has a deadline, but its file is gone');
    const fixing = await mayfly('fsck', '--fix', '--json');
    expect(fixing.code).toBe(0);
    expect(JSON.parse(fixing.stdout)).toMatchObject({ ...found, fixed: 5 });
    expect(await json('fsck')).toMatchObject({ found: 0, rows: 1 });
    expect(await json('stat', 'charts:good.txt')).toMatchObject({ expires: expect.any(String) });
    expect(await readdir(at('var/files/.mayfly/tmp'))).toEqual([]);
  });
});

/** Stores that to open makes something of: by name, how they are made and what is told of them. */
const NOT_READY: [name: string, make: (path: string) => Promise<void>, told: RegExp][] = [
  ['is not there', async () => {}, /is not there yet/],
  ['was used with no storage', async (path) => useOnce(path), /used with no storage yet/],
  [
    'is of an older version',
    async (path) => {
      await useOnce(path);
      const database = new Database(path);
      database.exec('delete from mayfly_migrations where step > 0');
      database.close();
    },
    /tables of an older version/,
  ],
];

async function useOnce(path: string): Promise<void> {
  const store = new SqliteExpirationStore(path);
  await store.ready();
  await store.close();
}

describe.each(NOT_READY)('a store that %s', (_, make, told) => {
  it.each<[args: string[], code: number, stream: 'stdout' | 'stderr']>([
    [['doctor'], 0, 'stdout'],
    [['fsck'], 2, 'stderr'],
  ])('is told of by %j, which makes and binds nothing', async (args, code, stream) => {
    await mkdir(at('var/files'), { recursive: true });
    await make(at('var/expirations.db'));
    const contents = async (): Promise<[string, string][]> => {
      const entries = await readdir(at('.'), { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile()).map((file) => join(file.parentPath, file.name));
      return Promise.all(
        files.sort().map(async (path): Promise<[string, string]> => [path, await readFile(path, 'base64')]),
      );
    };
    const before = await contents();
    const outcome = await mayfly(...args);
    expect(outcome.code).toBe(code);
    expect(outcome[stream]).toMatch(told);
    expect(await contents()).toEqual(before);
    expect(await readdir(at('var/files'))).toEqual([]);
  });
});

describe('mayfly doctor', () => {
  it('says whether links are signed and who may read by what, and never the secret itself', async () => {
    const secret = 'a-secret-of-32-bytes-or-more-for-links';
    const given = await runCommand(directory.path, ['doctor'], { MAYFLY_URL_SECRETS: secret });
    expect(given.stdout).toContain('ok   links: are signed, by MAYFLY_URL_SECRETS');
    expect(given.stdout + given.stderr).not.toContain(secret);
    const short = await runCommand(directory.path, ['doctor'], { MAYFLY_URL_SECRETS: 'rather-short' });
    expect(short.code).toBe(1);
    expect(short.stdout).toMatch(/BAD {2}settings: .*MAYFLY_URL_SECRETS.*32 bytes/);
    expect(short.stdout + short.stderr).not.toContain('rather-short');
    await mkdir(at('var'));
    await writeFile(at('var/url-secret'), secret, { mode: 0o644 });
    const open = await mayfly('doctor');
    expect(open.stdout).toMatch(/WARN links: .*var\/url-secret.*\n.*chmod 600 var\/url-secret/);
    expect(open.stdout).not.toContain(secret);
    const postgres = await runCommand(directory.path, ['doctor'], {
      MAYFLY_EXPIRATIONS_CONNECTION_STRING: 'postgres://127.0.0.1:1/none',
    });
    expect(postgres.stdout).toMatch(/WARN links: are not signed.*\n.*MAYFLY_URL_SECRETS/);
  });

  it('finds nothing wrong with the defaults, and changes nothing', async () => {
    await writeFile(at('a.txt'), 'one');
    await done('cp', 'a.txt', 'charts:a.txt');
    const outcome = await mayfly('doctor');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain('All is well.');
    expect(await done('ls')).toBe('charts:\n');
  });

  it('notices that better-sqlite3 was not built', async () => {
    await writeFile(
      at('unbuilt.cjs'),
      `require('node:module')._extensions['.node'] = () => {
        throw Object.assign(new Error('hidden'), { code: 'MODULE_NOT_FOUND' });
      };`,
    );
    const { code, stdout } = await runCommand(directory.path, ['doctor'], {
      NODE_OPTIONS: `--require ${at('unbuilt.cjs')}`,
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/BAD {2}reachable: better-sqlite3 was not built: allow its install script/);
  });

  it('tells what to change', async () => {
    const { code, stdout } = await runCommand(directory.path, ['doctor', '--json'], {
      MAYFLY_HOST: '0.0.0.0',
      MAYFLY_TOKEN: 'short',
      MAYFLY_PURGE_SCHEDULE: 'off',
    });
    expect(code).toBe(0);
    const { findings } = JSON.parse(stdout) as {
      findings: { topic: string; state: string; advice?: string }[];
    };
    const warned = findings.filter(({ state }) => state === 'warning').map(({ topic }) => topic);
    expect(warned.sort()).toEqual(['URLs', 'access', 'purge', 'storage']);
    expect(findings.filter(({ state, advice }) => state === 'warning' && !advice)).toEqual([]);
  });

  it('tells of files that no purge has removed', async () => {
    const files = sameMayfly(() => Date.now() - 3_600_000);
    await files.getFilesystem('charts').write('a.txt', 'x', { seconds: 60 });
    await files.close();
    const outcome = await mayfly('doctor');
    expect(outcome.stdout).toMatch(/WARN overdue: 1 file is past its deadline, since .*\n.*mayfly purge/);
  });

  it('tells of a storage that is gone, as the other commands do, which remove nothing for it', async () => {
    await writeFile(at('a.txt'), 'one');
    await done('cp', '-l', '1h', 'a.txt', 'charts:a.txt');
    await rename(at('var/files'), at('unmounted'));
    const outcome = await mayfly('doctor');
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toMatch(
      /BAD {2}storage: .*files is not there, though the expiration store belongs to it/,
    );
    for (const args of [['purge'], ['fsck'], ['stat', 'charts:a.txt']]) {
      const { code, stderr } = await mayfly(...args);
      expect([args, code, stderr]).toEqual([args, 3, expect.stringContaining('was it unmounted or moved?')]);
    }
    await rename(at('unmounted'), at('var/files'));
    expect(await done('doctor')).toContain('All is well.');
  });

  it('leaves files that have just come due to the next purge', async () => {
    const files = sameMayfly(() => Date.now() - 120_000);
    for (const name of ['a', 'b']) await files.getFilesystem('charts').write(name, 'x', { seconds: 60 });
    await files.close();
    expect(await done('doctor')).toMatch(/ok {3}overdue: 2 files are past their deadlines.* the next purge/);
  });
});

describeS3('with S3', () => {
  const env = (bucket: string, more: Record<string, string> = {}) => {
    const { endpoint, awsAccessKeyId, awsSecretAccessKey, region } = server();
    return {
      MAYFLY_STORAGE: 's3fs',
      MAYFLY_S3_BUCKET: bucket,
      MAYFLY_S3_ENDPOINT: endpoint,
      MAYFLY_S3_REGION: region,
      AWS_ACCESS_KEY_ID: awsAccessKeyId,
      AWS_SECRET_ACCESS_KEY: awsSecretAccessKey,
      ...more,
    };
  };

  it('copies by configuration and by URL, and signs URLs', async () => {
    await makePhotos();
    const bucket = await newBucket();
    const run = (...args: string[]) => runCommand(directory.path, args, env(bucket));
    expect(await run('cp', '-r', 'photos', 'charts:')).toMatchObject({ code: 0, stderr: '' });
    expect((await run('ls')).stdout).toBe('charts:\n');
    const url = (await run('url', 'charts:photos/a.txt', '-t', '5m')).stdout.trim();
    expect(await (await fetch(url)).text()).toBe('one');
    const query = `endpoint=${encodeURIComponent(server().endpoint)}&region=${server().region}`;
    const place = `s3://${bucket}/charts/photos?${query}`;
    expect((await run('ls', place)).stdout).toBe('2026/\na.txt\n');
    expect((await run('cp', '-r', place, 'from-s3')).stdout).toContain('copied 2 files');
    expect(await readFile(at('from-s3/2026/b.txt'), 'utf8')).toBe('two');
  });

  it('is examined by the doctor', async () => {
    const bucket = await newBucket();
    await makePhotos();
    await runCommand(directory.path, ['cp', '-r', 'photos', 'charts:'], env(bucket));
    const { code, stdout } = await runCommand(directory.path, ['doctor', '--json'], env(bucket));
    expect(code).toBe(0);
    const { findings } = JSON.parse(stdout) as { findings: { topic: string; state: string }[] };
    const states = Object.fromEntries(findings.map(({ topic, state }) => [topic, state]));
    expect(states).toMatchObject({
      clock: 'ok',
      lifecycle: 'warning',
      versioning: 'ok',
      reachable: 'ok',
      writing: 'ok',
    });
  });

  it('is told to be missing, or not to answer', async () => {
    const missing = await runCommand(directory.path, ['doctor'], env('there-is-no-such-bucket'));
    expect(missing.code).toBe(1);
    expect(missing.stdout).toMatch(/BAD\s+bucket/);
    const down = await runCommand(
      directory.path,
      ['ls'],
      env('any', { MAYFLY_S3_ENDPOINT: 'http://127.0.0.1:9' }),
    );
    expect(down).toMatchObject({ code: 3, stdout: '' });
  });
});
