import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Mayfly, NamespaceFS } from '../../src/index.js';
import { createMayfly, type Filesystem } from '../../src/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const KILLS = 50;
const FOREVER = new Date(Date.UTC(9000, 0));

interface Upload {
  path: string;
  content: string;
  /** Ms since the epoch; null: never. Known once acknowledged. */
  expires?: number | null;
}

async function start(
  directoryRoot: string,
  database: string,
): Promise<{ child: ChildProcess; base: string }> {
  const script = join(import.meta.dirname, '../support/crash-server.js');
  const child = spawn(process.execPath, [script, directoryRoot, database], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, base: `http://127.0.0.1:${Number(port)}/files/n` };
}

/** Upload until the server is gone; every file with a lifetime, most of them short, some replacing earlier ones. */
async function uploadUntilDead(
  base: string,
  uploader: string,
  round: number,
  uploads: Upload[],
): Promise<void> {
  for (let i = 0; ; i++) {
    const upload: Upload = {
      path: `${uploader}/${i % 3 === 0 ? 'same' : `${round}-${i}`}`,
      content: `${round}-${i} `.repeat(1 + ((i * 7919) % 5000)),
    };
    uploads.push(upload);
    const seconds = i % 4 === 1 ? 100_000 : (i % 5) / 10;
    const answer = await put(`${base}/${upload.path}?seconds=${seconds}`, upload.content);
    if (answer === null) return;
    expect([200, 201]).toContain(answer.status);
    upload.expires = answer.expires === null ? null : Date.parse(answer.expires);
  }
}

/** @returns null when the server went away before its answer was whole */
async function put(url: string, body: string): Promise<{ status: number; expires: string | null } | null> {
  try {
    const response = await fetch(url, { method: 'PUT', body });
    const { expires } = (await response.json()) as { expires: string | null };
    return { status: response.status, expires };
  } catch {
    return null;
  }
}

async function filesBelow(fs: Filesystem, path: string): Promise<string[]> {
  const found: string[] = [];
  for await (const info of fs.scanDir(path))
    found.push(...(info.isDir ? await filesBelow(fs, info.path) : [info.path]));
  return found;
}

describe(`a server that is killed ${KILLS} times during uploads and purges`, () => {
  let cleanup: () => Promise<void>;
  let directoryRoot: string;
  let database: string;
  let mayfly: Mayfly;
  let files: NamespaceFS;
  /** In the order of being sent, of each uploader. */
  const uploads = new Map<string, Upload[]>();
  const acknowledged = (): number =>
    [...uploads.values()].flat().filter(({ expires }) => expires !== undefined).length;
  let purgedAt: number;
  let present: Set<string>;

  beforeAll(async () => {
    const directory = await temporaryDirectory();
    cleanup = directory.remove;
    directoryRoot = join(directory.path, 'files');
    database = join(directory.path, 'db', 'expirations.db');
    for (let round = 0; round < KILLS; round++) {
      const { child, base } = await start(directoryRoot, database);
      const dead = once(child, 'exit');
      const uploading = ['a', 'b', 'c'].map((uploader) => {
        const mine = uploads.get(uploader) ?? [];
        uploads.set(uploader, mine);
        return uploadUntilDead(base, uploader, round, mine);
      });
      // However slow the disk is today, some of each round are acknowledged.
      const before = acknowledged();
      while (acknowledged() < before + 6) await sleep(5);
      await sleep(Math.random() * 250);
      child.kill('SIGKILL');
      await Promise.all([dead, ...uploading]);
    }
    mayfly = createMayfly({
      storage: { type: 'osfs', directoryRoot, urlRoot: '/files' },
      expirations: { type: 'sqlite', path: database },
      purge: false,
    });
    files = mayfly.getFilesystem('n');
    purgedAt = Date.now();
    await mayfly.expireObjects({ now: new Date(purgedAt) });
    present = new Set(await filesBelow(files, ''));
  }, 240_000);

  afterAll(async () => {
    await mayfly?.close();
    await cleanup?.();
  });

  /** The last acknowledged upload of each path, unless one that was not acknowledged came after. */
  function settled(): Upload[] {
    const last = new Map<string, Upload>();
    for (const upload of [...uploads.values()].flat()) last.set(upload.path, upload);
    return [...last.values()].filter((upload) => upload.expires !== undefined);
  }

  it('has taken uploads in every round', () => {
    expect(settled().length).toBeGreaterThan(KILLS);
  });

  it('leaves no file past its deadline after the next purge', () => {
    const overdue = settled().filter(
      ({ path, expires }) => expires != null && expires <= purgedAt && present.has(path),
    );
    expect(overdue).toEqual([]);
  });

  it('has lost no file before its deadline, and serves what was sent', async () => {
    const alive = settled().filter(({ expires }) => expires == null || expires > purgedAt);
    expect(alive.length).toBeGreaterThan(KILLS / 10);
    for (const { path, content } of alive)
      expect(`${path}: ${await files.readText(path)}`).toBe(`${path}: ${content}`);
  });

  it('has a deadline for every file, also for those whose upload was never acknowledged', async () => {
    const deadlines = await files.getExpirations([...present]);
    expect([...present].filter((_, i) => deadlines[i] === null)).toEqual([]);
  });

  it('has old content with the old deadline or new with the new, never mixed', async () => {
    for (const uploader of ['a', 'b', 'c']) {
      const path = `${uploader}/same`;
      if (!present.has(path)) continue;
      const content = await files.readText(path);
      const deadline = (await files.getExpiration(path))?.getTime();
      const sent = uploads
        .get(uploader)
        ?.find((upload) => upload.path === path && upload.content === content);
      expect(sent).toBeDefined();
      if (sent?.expires !== undefined) expect(deadline).toBe(sent.expires);
    }
  });

  it('leaves no temporary file, and nothing of dead processes beside the database', async () => {
    const staged = await readdir(join(directoryRoot, '.mayfly'), { recursive: true, withFileTypes: true });
    expect(staged.filter((entry) => entry.isFile()).map((entry) => entry.name)).toEqual(['id']);
    const beside = await readdir(dirname(database));
    expect(beside.filter((name) => name.includes('holder'))).toHaveLength(1);
  });

  it('purges everything in the end', async () => {
    await mayfly.expireObjects({ now: FOREVER });
    expect(await filesBelow(files, '')).toEqual([]);
  });
});
