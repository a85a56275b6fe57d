/**
 * What is told when the storage, the store, `authorize` or mayfly itself
 * fails: every route, every kind of error, and no word of it in an answer or a
 * log line that names a path of the machine, a stack, a secret or a signature.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { rename } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { MayflyOptions, RouterOptions } from '../../src/index.js';
import {
  createMayfly,
  MemoryExpirationStore,
  MemoryFS,
  OperationFailed,
  PermissionDenied,
  RemoteConnectionError,
} from '../../src/index.js';
import { FORM_TYPE, rawForm, Site } from '../support/http.js';
import { LogLines } from '../support/log-lines.js';
import { describeS3, newBucket, server } from '../support/s3.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { rawRequest, SECRET, statusOf } from './hostile.js';

const ROOT = '/srv/secret-root/files';
const PASSWORD = 'hunter2-of-the-database';
const SIGNATURE = 'fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024';
const PRESIGNED = `https://b.s3.example.com/secret-key/a?X-Amz-Credential=AKIA&X-Amz-Signature=${SIGNATURE}`;
const CONNECTION = `postgres://mayfly:${PASSWORD}@db.example.com/mayfly`;

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: failed, open '${ROOT}/ns/a'`), {
    errno: -13,
    code,
    syscall: 'open',
    path: `${ROOT}/ns/a`,
    dest: `${ROOT}/ns/b`,
  });
}

function s3Error(name: string): Error {
  return Object.assign(new Error(`${name}: ${PRESIGNED}`), {
    name,
    Code: name,
    Resource: PRESIGNED,
    $fault: 'client',
    $metadata: { httpStatusCode: 403, requestId: 'r' },
    $response: { headers: { location: PRESIGNED } },
  });
}

function pgError(): Error {
  return Object.assign(new Error(`password authentication failed: ${CONNECTION}`), {
    code: '28P01',
    connectionString: CONNECTION,
    detail: CONNECTION,
  });
}

const FAULTS: [string, () => unknown][] = [
  ['EACCES', () => errno('EACCES')],
  ['EIO', () => errno('EIO')],
  ['EACCES as ours', () => new PermissionDenied('a', { cause: errno('EACCES') })],
  ['EIO as ours', () => new OperationFailed('a', { cause: errno('EIO') })],
  ['an error of S3', () => s3Error('AccessDenied')],
  ['an error of S3 as ours', () => new RemoteConnectionError('a', { cause: s3Error('SlowDown') })],
  ['an error of PostgreSQL', pgError],
  ['an error of PostgreSQL as ours', () => new RemoteConnectionError(undefined, { cause: pgError() })],
  ['a bug', () => new TypeError(`${ROOT} is not a function`)],
  ['many errors in one', () => new AggregateError([errno('EIO'), pgError()], CONNECTION)],
  ['a text', () => `${ROOT} ${PRESIGNED}`],
];

/** Fails at everything once it is told to. */
class FailingFS extends MemoryFS {
  fault: (() => unknown) | null = null;

  #check(): void {
    if (this.fault !== null) throw this.fault();
  }

  override async getInfo(...args: Parameters<MemoryFS['getInfo']>) {
    this.#check();
    return super.getInfo(...args);
  }

  override async *scanDir(...args: Parameters<MemoryFS['scanDir']>) {
    this.#check();
    yield* super.scanDir(...args);
  }

  override async openRead(...args: Parameters<MemoryFS['openRead']>) {
    this.#check();
    return super.openRead(...args);
  }

  override async stage(...args: Parameters<MemoryFS['stage']>) {
    this.#check();
    return super.stage(...args);
  }

  override async remove(...args: Parameters<MemoryFS['remove']>) {
    this.#check();
    return super.remove(...args);
  }
}

class FailingStore extends MemoryExpirationStore {
  fault: (() => unknown) | null = null;

  #check(): void {
    if (this.fault !== null) throw this.fault();
  }

  override async find(...args: Parameters<MemoryExpirationStore['find']>) {
    this.#check();
    return super.find(...args);
  }

  override findNow(...args: Parameters<MemoryExpirationStore['findNow']>) {
    this.#check();
    return super.findNow(...args);
  }

  override async claim(...args: Parameters<MemoryExpirationStore['claim']>) {
    this.#check();
    return super.claim(...args);
  }
}

const FORM = rawForm([{ disposition: 'name="f"; filename="a.txt"', body: 'x' }]);

const ROUTES: [string, Buffer][] = [
  ['GET', rawRequest('GET /files/ns/a')],
  ['GET with a signature', rawRequest(`GET /files/ns/a?X-Amz-Signature=${SIGNATURE}`)],
  ['HEAD', rawRequest('HEAD /files/ns/a')],
  ['a listing', rawRequest('GET /files/ns/', ['Accept: application/json'])],
  ['PUT', rawRequest('PUT /files/ns/a', [], 'x')],
  ['POST', rawRequest('POST /files/ns/dir', [`Content-Type: ${FORM_TYPE}`], FORM)],
  ['DELETE', rawRequest('DELETE /files/ns/a')],
  ['PATCH', rawRequest('PATCH /files/ns/a', ['Content-Type: application/json'], '{"seconds":5}')],
];

const log = new LogLines();
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  log.clear();
});

/** A site that is well at first: there is a file, and it has been served. */
async function open(options: MayflyOptions, routes: RouterOptions = {}): Promise<Site> {
  const mayfly = createMayfly({ purge: false, logger: log, urls: { secrets: [SECRET] }, ...options });
  cleanUps.push(() => mayfly.close());
  const site = await Site.open(
    mayfly.handler({ allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'], ...routes }),
  );
  cleanUps.push(() => site.close());
  return site;
}

const TOLD = [ROOT, PASSWORD, SIGNATURE, 'X-Amz', SECRET, CONNECTION, 'secret-key'];

function expectTellsNothing(text: string, more: readonly string[] = []): void {
  for (const secret of [...TOLD, ...more]) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/(?:\n|\\n)\s+at /);
}

/** Send every request. @returns the statuses */
async function attack(site: Site, more: readonly string[] = []): Promise<number[]> {
  const statuses: number[] = [];
  for (const [, bytes] of ROUTES) {
    const answer = await site.raw(bytes);
    expectTellsNothing(answer, more);
    statuses.push(statusOf(answer));
  }
  for (const { text } of log.lines) expectTellsNothing(text, more);
  return statuses;
}

describe.each(FAULTS)('%s', (_what, fault) => {
  it('of the storage is logged by every route, and told to nobody', async () => {
    const filesystem = new FailingFS();
    const store = new MemoryExpirationStore();
    const site = await open({ storage: { filesystem, urlRoot: '/files' }, expirations: { store } });
    await site.raw(rawRequest('PUT /files/ns/a', [], 'x'));
    filesystem.fault = fault;
    for (const status of await attack(site)) expect(status).toBeGreaterThanOrEqual(500);
    expect(log.at('error')).toHaveLength(ROUTES.length);
  });

  it('of the expiration store is logged, and told to nobody', async () => {
    const store = new FailingStore();
    const site = await open({ storage: { type: 'memoryfs', urlRoot: '/files' }, expirations: { store } });
    await site.raw(rawRequest('PUT /files/ns/a', [], 'x'));
    store.fault = fault;
    const statuses = await attack(site);
    const failed = statuses.filter((status) => status >= 500);
    expect(failed.length).toBeGreaterThanOrEqual(ROUTES.length - 1); // An empty listing asks for no deadline.
    expect(log.at('error')).toHaveLength(failed.length);
  });

  it('of authorize is logged where there is no Express to tell, and told to nobody', async () => {
    const authorize = (): never => {
      throw fault();
    };
    const site = await open({ storage: { type: 'memoryfs', urlRoot: '/files' } }, { authorize });
    expect(new Set(await attack(site)).size).toBeGreaterThan(0);
    expect(log.at('error')).toHaveLength(ROUTES.length);
  });
});

it('who subscribes to mayfly:request:error sees the whole error', async () => {
  const filesystem = new FailingFS();
  const site = await open({ storage: { filesystem, urlRoot: '/files' } });
  const seen: { request: { url?: string }; error: unknown }[] = [];
  const listener = (message: unknown): void => void seen.push(message as (typeof seen)[number]);
  subscribe('mayfly:request:error', listener);
  cleanUps.push(async () => void unsubscribe('mayfly:request:error', listener));
  const error = errno('EIO');
  filesystem.fault = () => error;
  await site.raw(rawRequest('GET /files/ns/a'));
  await site.raw(rawRequest('GET /files/.hidden')); // A refusal is no failure.
  expect(seen).toHaveLength(1);
  expect(seen[0]?.error).toBe(error);
  expect(seen[0]?.request.url).toBe('/files/ns/a');
});

describe('real faults', () => {
  it('a disk that goes away under the service', async () => {
    const directory = await temporaryDirectory();
    cleanUps.push(() => directory.remove());
    const directoryRoot = `${directory.path}/files`;
    const site = await open({
      storage: { type: 'osfs', directoryRoot, urlRoot: '/files' },
      expirations: { type: 'sqlite', path: `${directory.path}/expirations.db` },
    });
    await site.raw(rawRequest('PUT /files/ns/b', [], 'x'));
    await rename(directoryRoot, `${directory.path}/elsewhere`);
    const statuses = await attack(site, [directory.path]);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(ROUTES.length / 2);
    expect(log.at('error').length).toBeGreaterThan(0);
  });

  it('a database that refuses to answer', async () => {
    const connectionString = `postgres://mayfly:${PASSWORD}@127.0.0.1:1/mayfly`;
    const site = await open({
      storage: { type: 'memoryfs', urlRoot: '/files' },
      expirations: { type: 'postgres', connectionString },
    });
    expect(await attack(site, ['127.0.0.1:1'])).toEqual(ROUTES.map(() => 503));
    expect(log.at('error')).toHaveLength(ROUTES.length);
  });

  it('a database file that is none', async () => {
    const directory = await temporaryDirectory();
    cleanUps.push(() => directory.remove());
    const site = await open({
      storage: { type: 'memoryfs', urlRoot: '/files' },
      expirations: { type: 'sqlite', path: `${directory.path}/` },
    });
    for (const status of await attack(site, [directory.path])) expect(status).toBeGreaterThanOrEqual(500);
  });

  describeS3('of S3', () => {
    it('a key that is refused', async () => {
      const wrong = 'a-wrong-secret-access-key';
      const { awsAccessKeyId, endpoint } = server();
      const bucket = await newBucket();
      const storage = { ...server(), type: 's3fs' as const, bucket, urlRoot: '/files' };
      const site = await open(
        {
          storage: { ...storage, awsSecretAccessKey: wrong },
          expirations: { store: new MemoryExpirationStore() },
        },
        { delivery: 'proxy' },
      );
      expect(await attack(site, [wrong, awsAccessKeyId, endpoint])).toEqual(ROUTES.map(() => 503));
      expect(log.at('error')).toHaveLength(ROUTES.length);
    });

    it('an endpoint where nobody answers', async () => {
      const { awsSecretAccessKey } = server();
      const storage = { ...server(), type: 's3fs' as const, bucket: 'b', urlRoot: '/files' };
      const site = await open(
        {
          storage: { ...storage, endpoint: 'http://127.0.0.1:1' },
          expirations: { store: new MemoryExpirationStore() },
        },
        { delivery: 'proxy' },
      );
      expect(await attack(site, [awsSecretAccessKey])).toEqual(ROUTES.map(() => 503));
    });
  });
});
