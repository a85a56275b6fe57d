import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MultipartUpload, S3Client } from '@aws-sdk/client-s3';
import { ListMultipartUploadsCommand, ListObjectsV2Command, ListPartsCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { MayflyOptions } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';
import { describeS3, newBucket, optionsFor, plainClient } from '../support/s3.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** Three parts' worth, and the file is never whole. */
const SENT_BYTES = 24 * 1024 ** 2;
const HOUR_MS = 3_600_000;

describeS3('an upload to S3 that is killed in the middle', () => {
  let client: S3Client;
  let directory: { path: string; remove: () => Promise<void> };
  let bucket: string;
  let options: MayflyOptions;
  let children: ChildProcess[];

  beforeAll(async () => {
    client = plainClient();
    directory = await temporaryDirectory();
  });

  afterAll(async () => {
    client?.destroy();
    await directory?.remove();
  });

  beforeEach(async () => {
    children = [];
    bucket = await newBucket();
    options = {
      storage: { type: 's3fs', ...optionsFor(bucket), urlRoot: '/files' },
      expirations: { type: 'sqlite', path: join(directory.path, `${bucket}.db`) },
      purge: false,
    };
  });

  afterEach(async () => {
    await Promise.all(children.map(kill));
  });

  function start(script: string, ...args: string[]): ChildProcess {
    const path = join(import.meta.dirname, '../support', script);
    const child = spawn(process.execPath, ['--no-warnings', path, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const dead = once(child, 'exit');
    child.kill('SIGKILL');
    await dead;
  }

  /** Both ends of an upload of which S3 has a part and more is under way. */
  async function uploadHalf(
    method: 'PUT' | 'POST',
    target: string,
  ): Promise<Record<'sender' | 'receiver', ChildProcess>> {
    const receiver = start('s3-server.js', JSON.stringify(options));
    const [port] = await once(receiver.stdout as NodeJS.ReadableStream, 'data');
    const url = `http://127.0.0.1:${Number(port)}/files/n/${target}`;
    const sender = start('upload-client.js', method, url, String(SENT_BYTES));
    await until(async () => (await partsUnderWay()) > 0);
    return { sender, receiver };
  }

  async function uploads(): Promise<MultipartUpload[]> {
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return Uploads ?? [];
  }

  async function partsUnderWay(): Promise<number> {
    const [upload] = await uploads();
    if (upload === undefined) return 0;
    const { Key, UploadId } = upload;
    const { Parts } = await client.send(new ListPartsCommand({ Bucket: bucket, Key, UploadId }));
    return Parts?.length ?? 0;
  }

  /** Keys of all objects but the one by which a store knows its storage. */
  async function keys(): Promise<(string | undefined)[]> {
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return (Contents ?? []).map(({ Key }) => Key).filter((key) => key !== '.mayfly/id');
  }

  /** Waits as long as the test may last. */
  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await sleep(50);
  }

  async function purge(clock: () => number): Promise<void> {
    const mayfly = createMayfly({ ...options, clock });
    await mayfly.expireObjects();
    await mayfly.close();
  }

  it.each([
    ['PUT', 'killed.bin'],
    ['POST', ''],
  ] as const)(
    'leaves nothing behind when the client of a %s is',
    async (method, target) => {
      const { sender } = await uploadHalf(method, target);
      await kill(sender);
      await until(async () => (await uploads()).length === 0);
      expect(await keys()).toEqual([]);
    },
    60_000,
  );

  it.each([
    ['PUT', 'killed.bin'],
    ['POST', ''],
  ] as const)(
    'is gone after the first purge a day later when the server of a %s is',
    async (method, target) => {
      const { receiver } = await uploadHalf(method, target);
      await kill(receiver);
      await purge(() => Date.now() + 23 * HOUR_MS);
      expect(await uploads()).toHaveLength(1);
      await purge(() => Date.now() + 25 * HOUR_MS);
      expect(await uploads()).toEqual([]);
      expect(await keys()).toEqual([]);
    },
    60_000,
  );
});
