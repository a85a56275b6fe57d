/**
 * Storages to attack: what lies beside the namespace that is attacked, put
 * there and looked at past mayfly.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { MayflyOptions, RouterOptions } from '../../src/index.js';
import { MemoryFS } from '../../src/index.js';
import { newBucket, plainClient, s3, server } from '../support/s3.js';

/** Directory of the files, from the top. */
const FILES = 'files';
/** Of the namespace that is attacked, and of what the storage has open; from the top. */
const INSIDE = [`${FILES}/ns/`, `${FILES}/.mayfly/tmp/`, `${FILES}/.mayfly/names/`];

export interface Ground {
  readonly storage: MayflyOptions['storage'];
  readonly router: RouterOptions;
  /** Words that no answer and no log line may hold. */
  readonly secrets: readonly string[];
  /** Put a file at its place from the top. */
  plant(place: string, content: string): Promise<void>;
  /** Everything outside of the namespace that is attacked: its content, or what changes with it, by place. */
  outside(): Promise<Record<string, string>>;
  /** What is staged and neither published nor discarded. */
  staged(): Promise<string[]>;
  close(): void;
}

/** @param top directory of its own on this machine */
type OpenGround = (top: string) => Promise<Ground>;

const isOutside = (place: string): boolean => !INSIDE.some((inside) => `${place}/`.startsWith(inside));

async function onDisk(top: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(top, { recursive: true, withFileTypes: true })) {
    const place = join(entry.parentPath, entry.name).slice(top.length + 1);
    if (place.startsWith('expirations.db') || !isOutside(place)) continue;
    found[place] = entry.isFile() ? await readFile(join(top, place), 'utf8') : '/';
  }
  return found;
}

async function plantOnDisk(top: string, place: string, content: string): Promise<void> {
  await mkdir(dirname(join(top, place)), { recursive: true });
  await writeFile(join(top, place), content);
}

const openDisk: OpenGround = async (top) => ({
  storage: { type: 'osfs', directoryRoot: join(top, FILES), urlRoot: '/files', durable: false },
  router: {},
  secrets: [],
  plant: (place, content) => plantOnDisk(top, place, content),
  outside: () => onDisk(top),
  staged: () => readdir(join(top, FILES, '.mayfly/tmp')).catch(() => []),
  close: () => undefined,
});

/** The disk beside it is there as well, with nothing of it to be reached. */
const openMemory: OpenGround = async (top) => {
  const filesystem = new MemoryFS();
  const local = (place: string): string | null =>
    place.startsWith(`${FILES}/`) ? place.slice(FILES.length + 1) : null;
  return {
    storage: { filesystem, urlRoot: '/files' },
    router: {},
    secrets: [],
    plant: async (place, content) => {
      const path = local(place);
      if (path === null) return plantOnDisk(top, place, content);
      await filesystem.makeDirs(dirname(path), { recreate: true });
      await filesystem.writeText(path, content);
    },
    outside: async () => {
      const found = await onDisk(top);
      for await (const { path, isDir } of filesystem.walk()) {
        const place = `${FILES}/${path}`;
        if (isOutside(place)) found[place] = isDir ? '/' : await filesystem.readText(path);
      }
      return found;
    },
    staged: async () => [],
    close: () => undefined,
  };
};

let sharedBucket: Promise<string> | undefined;

const openS3: OpenGround = async () => {
  sharedBucket ??= newBucket();
  const bucket = await sharedBucket;
  const top = `hostile/${randomUUID()}`;
  const client = plainClient();
  const { awsSecretAccessKey, awsAccessKeyId, endpoint } = server();
  return {
    storage: { type: 's3fs', ...server(), bucket, prefix: `${top}/${FILES}`, urlRoot: '/files' },
    router: { delivery: 'proxy' },
    secrets: [awsSecretAccessKey, awsAccessKeyId, endpoint, bucket, 'X-Amz-Signature'],
    plant: async (place, content) => {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${top}/${place}`, Body: content }));
    },
    outside: async () => {
      const objects = await objectsBelow(client, bucket, `${top}/`);
      return Object.fromEntries(
        objects
          .map(({ key, etag }) => [key.slice(top.length + 1), etag] as const)
          .filter(([place]) => isOutside(place)),
      );
    },
    staged: async () => {
      const listed = await client.send(
        new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: `${top}/` }),
      );
      const hidden = await objectsBelow(client, bucket, `${top}/${FILES}/.mayfly/tmp/`);
      return [...(listed.Uploads ?? []).map(({ Key = '' }) => Key), ...hidden.map(({ key }) => key)];
    },
    close: () => client.destroy(),
  };
};

async function objectsBelow(
  client: S3Client,
  bucket: string,
  prefix: string,
): Promise<{ key: string; etag: string }[]> {
  const found: { key: string; etag: string }[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    for (const { Key = '', ETag = '' } of page.Contents ?? []) found.push({ key: Key, etag: ETag });
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return found;
}

const OPENERS = { osfs: openDisk, memoryfs: openMemory, s3fs: openS3 } as const satisfies Record<
  string,
  OpenGround
>;

export type GroundName = keyof typeof OPENERS;

/** Every storage there is here, for `describe.each`. */
export const GROUNDS: GroundName[] = s3 === null ? ['osfs', 'memoryfs'] : ['osfs', 'memoryfs', 's3fs'];

export function openGround(name: GroundName, top: string): Promise<Ground> {
  return OPENERS[name](top);
}
