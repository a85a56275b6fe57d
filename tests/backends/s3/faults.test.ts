/** What goes wrong between here and S3: nothing is told stored that is not whole, and all is told in our words. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  copyFile,
  DestinationExists,
  FileExists,
  MayflyError,
  OperationFailed,
  OperationTimeout,
  PermissionDenied,
  RemoteConnectionError,
  S3FS,
} from '../../../src/index.js';
import { expectError, rejectionOf } from '../../support/expect-error.js';
import { eventually } from '../../support/http.js';
import { describeS3, newBucket, optionsFor, plainClient, server } from '../../support/s3.js';
import type { Fault, SeenRequest } from '../../support/s3-proxy.js';
import { S3Proxy } from '../../support/s3-proxy.js';

const PART = 5 * 1024 ** 2;

/** Fail the first so many requests of a kind, or every one. */
function failing(
  call: string,
  fault: Fault,
  times = Number.POSITIVE_INFINITY,
): (request: SeenRequest) => Fault | null {
  let left = times;
  return (request) => (request.call === call && left-- > 0 ? fault : null);
}

describeS3('S3FS when something goes wrong', () => {
  let bucket = '';
  let prefix = '';
  let proxy: S3Proxy;
  let fs: S3FS;
  const client = plainClient();

  beforeAll(async () => {
    bucket = await newBucket();
    proxy = await S3Proxy.open();
  });
  afterAll(async () => {
    client.destroy();
    await proxy.close();
  });

  beforeEach(() => {
    prefix = randomUUID();
    fs = new S3FS(optionsFor(bucket, { endpoint: proxy.endpoint, prefix, partSize: PART }));
  });
  afterEach(async () => {
    proxy.fault = () => null;
    await fs.close();
  });

  async function stored(): Promise<string[]> {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    return Contents.map(({ Key = '' }) => Key.slice(prefix.length + 1));
  }

  async function uploads(): Promise<number> {
    const { Uploads = [] } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }),
    );
    return Uploads.length;
  }

  const large = randomBytes(3 * PART + 1234);

  const passing: [string, Fault][] = [
    ['a connection that is cut', 'reset'],
    ['an answer that is lost', 'reset-after'],
    ['an internal error', { status: 500, code: 'InternalError' }],
    ['a request to slow down', { status: 503, code: 'SlowDown' }],
  ];

  it.each(passing)('survives %s, twice', async (_name, fault) => {
    for (const call of ['PUT', 'GET', 'HEAD', 'LIST', 'DELETE']) {
      const path = `f-${call}`;
      await fs.write(path, 'content');
      proxy.fault = failing(call, fault, 2);
      await fs.write(path, 'new content');
      expect(await fs.readText(path)).toBe('new content');
      expect(await fs.listDir('')).toContain(path);
      await fs.remove(path);
      expect(await fs.exists(path)).toBe(false);
    }
  });

  it.each(passing)('completes a large upload in spite of %s', async (_name, fault) => {
    for (const call of ['CREATE UPLOAD', 'PUT PART', 'COMPLETE UPLOAD']) {
      proxy.fault = failing(call, fault, 1);
      await fs.write('large', Readable.from([large]));
      expect(
        createHash('md5')
          .update(await fs.readBytes('large'))
          .digest('hex'),
      ).toBe(createHash('md5').update(large).digest('hex'));
    }
    await eventually(async () => expect(await stored()).toEqual(['large']));
  });

  it('knows its own file when only the answer was lost, also where it must not replace another', async () => {
    proxy.fault = failing('PUT', 'reset-after', 1);
    await fs.write('f', 'mine', { overwrite: false });
    proxy.fault = failing('PUT', 'reset-after', 1);
    await fs.makeDir('d');
    proxy.fault = failing('COMPLETE UPLOAD', 'reset-after', 1);
    await fs.write('large', Readable.from([large]), { overwrite: false });
    proxy.fault = () => null;
    await expectError(fs.write('f', 'mine', { overwrite: false }), FileExists, 'f');
    expect(await stored()).toEqual(['d/', 'f', 'large']);
  });

  const refused: Fault = { status: 412, code: 'PreconditionFailed' };
  const overtaken: Fault = { status: 409, code: 'ConditionalRequestConflict' };

  it('copies and moves what is there now when the source is replaced after the look at it', async () => {
    for (const method of ['copy', 'move'] as const) {
      await fs.write('f', method);
      await fs.write('g', 'old');
      proxy.fault = failing('COPY', refused, 2);
      await fs[method]('f', 'g', { overwrite: true });
      expect(await fs.readText('g')).toBe(method);
      await fs.write('f', method);
      // A small copy that must not replace anything is read and written.
      proxy.fault = failing('GET', refused, 2);
      await fs[method]('f', `new-${method}`);
      proxy.fault = () => null;
      expect(await fs.readText(`new-${method}`)).toBe(method);
    }
    const other = new S3FS(optionsFor(bucket, { endpoint: proxy.endpoint, prefix: `${prefix}/other` }));
    proxy.fault = failing('COPY', refused, 2);
    await copyFile(fs, 'new-copy', other, 'f');
    expect(await other.readText('f')).toBe('copy');
    await other.close();
  });

  it('takes a source that is replaced all the time for a failure, not for a destination that exists', async () => {
    await fs.write('f', 'x');
    await fs.write('g', 'old');
    for (const call of ['COPY', 'GET']) {
      proxy.fault = failing(call, refused);
      const destination = call === 'COPY' ? 'g' : 'new';
      await expectError(fs.copy('f', destination, { overwrite: call === 'COPY' }), OperationFailed, 'f');
      await expectError(fs.move('f', destination, { overwrite: call === 'COPY' }), OperationFailed, 'f');
    }
    proxy.fault = () => null;
    expect([await fs.readText('f'), await fs.readText('g')]).toEqual(['x', 'old']);
    await expectError(fs.copy('f', 'g'), DestinationExists, 'g');
  });

  it('tries a write again that another one on the key has overtaken', async () => {
    proxy.fault = failing('PUT', overtaken, 2);
    await fs.write('f', 'x', { overwrite: false });
    proxy.fault = failing('PUT', overtaken);
    await expectError(fs.write('g', 'x', { overwrite: false }), OperationFailed, 'g');
    proxy.fault = failing('PUT', refused);
    await expectError(fs.write('f', 'y'), OperationFailed, 'f');
    proxy.fault = () => null;
    expect([await fs.readText('f'), await stored()]).toEqual(['x', ['f']]);
  });

  const lasting: [string, Fault][] = [
    ['connections are cut', 'reset'],
    ['S3 has internal errors', { status: 500, code: 'InternalError' }],
    ['S3 is overloaded', { status: 503, code: 'SlowDown' }],
  ];

  it.each(lasting)(
    'is a RemoteConnectionError when %s for long, and nothing is stored',
    async (_name, fault) => {
      proxy.fault = () => fault;
      await expectError(fs.write('f', 'content'), RemoteConnectionError, 'f');
      await expectError(fs.getInfo('f'), RemoteConnectionError, 'f');
      await expectError(fs.listDir(''), RemoteConnectionError, '');
      await expectError(fs.openRead('f'), RemoteConnectionError, 'f');
      await expectError(fs.identify({ create: true }), RemoteConnectionError);
      const [outcome] = await fs.removeMany(['f'], { assumePresent: true });
      expect(outcome).toMatchObject({
        path: 'f',
        result: 'failed',
        error: { code: 'RemoteConnectionError' },
      });
      proxy.fault = () => null;
      expect(await stored()).toEqual([]);
    },
  );

  it.each(['CREATE UPLOAD', 'PUT PART', 'COMPLETE UPLOAD'])(
    'leaves neither object nor parts when %s fails',
    async (call) => {
      await fs.write('large', 'old');
      for (const fault of [{ status: 500, code: 'InternalError' }, 'reset'] as const) {
        proxy.fault = failing(call, fault);
        await expectError(fs.write('large', Readable.from([large])), RemoteConnectionError, 'large');
        expect(await uploads()).toBe(0);
      }
      proxy.fault = () => null;
      expect(await fs.readText('large')).toBe('old');
    },
  );

  it('stops reading a source whose upload has failed', async () => {
    proxy.fault = failing('PUT PART', { status: 403, code: 'AccessDenied' });
    let given = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        given++;
        yield Buffer.alloc(PART / 5);
      }
    }
    await expectError(fs.write('large', endless()), PermissionDenied, 'large');
    expect(given).toBeLessThan(200);
    expect([await uploads(), await stored()]).toEqual([0, []]);
  });

  it.each([0, PART - 1, PART + 1, 2 * PART, 3 * PART + 7])(
    'leaves nothing of a source that fails after %d bytes',
    async (length) => {
      const failure = new Error('the source broke');
      async function* source(): AsyncGenerator<Buffer> {
        if (length > 0) yield Buffer.alloc(length);
        throw failure;
      }
      for (const final of [true, false]) {
        expect(await rejectionOf(fs.stage('f', source(), { final }))).toBe(failure);
        expect([await uploads(), await stored()]).toEqual([0, []]);
      }
    },
  );

  it('leaves nothing of an upload that is aborted by its signal', async () => {
    const abort = new AbortController();
    async function* source(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(2 * PART);
      abort.abort(new Error('enough'));
      await new Promise(() => undefined); // A client that has gone silent.
    }
    const error = await rejectionOf(fs.write('f', source(), { signal: abort.signal }));
    expect(error).toMatchObject({ message: 'enough' });
    expect([await uploads(), await stored()]).toEqual([0, []]);
  });

  it('leaves nothing of a large file that is discarded', async () => {
    for (const final of [true, false]) {
      const staged = await fs.stage('f', Readable.from([large]), { final });
      expect(staged.size).toBe(large.length);
      expect(await fs.listDir('')).toEqual([]);
      await staged.discard();
      await staged.discard();
      expect([await uploads(), await stored()]).toEqual([0, []]);
    }
  });

  it('publishes a large file elsewhere, with all that belongs to it', async () => {
    const staged = await fs.stage('f', Readable.from([large]), { contentType: 'text/x-test' });
    await fs.write('g', 'old');
    await expectError(staged.publish('g', { overwrite: false }), FileExists, 'g');
    expect(await staged.publish('h', { overwrite: false })).toMatchObject({
      size: large.length,
      contentType: 'text/x-test',
    });
    expect((await fs.readBytes('h')).equals(large)).toBe(true);
    expect([await uploads(), await stored()]).toEqual([0, ['g', 'h']]);
  });

  it('creates a large file only, where one is there', async () => {
    await fs.write('f', 'old');
    await expectError(fs.write('f', Readable.from([large]), { overwrite: false }), FileExists, 'f');
    expect(await fs.readText('f')).toBe('old');
    expect(await uploads()).toBe(0);
  });

  it.each<Fault>(['truncate', 'slow'])('reads a file whole when the answer is: %s', async (fault) => {
    await fs.write('large', large);
    proxy.fault = failing('GET', fault, 2);
    expect((await fs.readBytes('large')).equals(large)).toBe(true);
    const part = await fs.openRead('large', { start: 1000, end: PART + 1000 });
    proxy.fault = failing('GET', fault, 1);
    expect(Buffer.concat(await part.toArray()).equals(large.subarray(1000, PART + 1001))).toBe(true);
  });

  it('never mixes two versions when a read breaks', async () => {
    await fs.write('large', large);
    proxy.fault = failing('GET', 'truncate', 1);
    const body = await fs.openRead('large');
    await fs.write('large', randomBytes(large.length));
    expect(await rejectionOf(body.toArray())).toMatchObject({ code: 'OperationFailed' });
  });

  it('gives up a read that breaks without end', async () => {
    await fs.write('f', 'x'.repeat(1000));
    const body = await fs.openRead('f').then((opened) => opened.destroy());
    expect(body.destroyed).toBe(true);
    proxy.fault = failing('GET', 'truncate');
    const half = await rejectionOf(fs.readBytes('f'));
    // Each answer brings half of the rest, until nothing is left to halve.
    expect(half).toBeInstanceOf(RemoteConnectionError);
  });

  it('counts the keys of a batch that fail, and tries once more those that may have had bad luck', async () => {
    await fs.write('f', 'x');
    let tries = 0;
    const answers = ['InternalError', 'AccessDenied'];
    const sdk = plainClient({ endpoint: proxy.endpoint });
    sdk.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName !== 'DeleteObjectsCommand') return next(args);
        const Errors = [{ Key: `${prefix}/f`, Code: answers[tries++] }];
        return { output: { Errors, $metadata: {} }, response: {} } as never;
      },
      { step: 'initialize' },
    );
    const mine = new S3FS({ bucket, prefix, client: sdk });
    const [outcome] = await mine.removeMany(['f'], { assumePresent: true });
    expect(tries).toBe(2);
    expect(outcome).toMatchObject({
      path: 'f',
      result: 'failed',
      error: { code: 'PermissionDenied', path: 'f' },
    });
    sdk.destroy();
  });

  it('lets a burst of requests wait on this side, where no time limit runs', async () => {
    await fs.write('f', 'x');
    proxy.mostAtOnce = 0;
    const infos = await Promise.all(Array.from({ length: 1000 }, () => fs.getInfo('f')));
    expect(infos).toHaveLength(1000);
    expect(proxy.mostAtOnce).toBeGreaterThan(1);
    expect(proxy.mostAtOnce).toBeLessThanOrEqual(128);
  });

  it('sweeps what killed writers left, when it is old enough', async () => {
    const Key = `${prefix}/ns/killed`;
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    await client.send(new UploadPartCommand({ Bucket: bucket, Key, UploadId, PartNumber: 1, Body: 'part' }));
    const parked = await fs.stage('f', Readable.from([large]));
    expect(await fs.sweepStaged(new Date(Date.now() - 86_400_000))).toBe(0);
    expect(await uploads()).toBe(1);
    expect(await fs.sweepStaged(new Date(Date.now() + 60_000), { dryRun: true })).toBe(2);
    expect(await fs.sweepStaged(new Date(Date.now() + 60_000))).toBe(2);
    expect([await uploads(), await stored()]).toEqual([0, []]);
    await parked.discard();
  });

  it('takes no uploads for its own that lie beside its prefix', async () => {
    const Key = `${prefix}-other/upload`;
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    expect(await fs.sweepStaged(new Date(Date.now() + 60_000))).toBe(0);
    expect(await uploads()).toBe(1);
    expect(UploadId).toBeDefined();
  });
});

describeS3('S3 that is not to be had', () => {
  const attempts = (fs: S3FS): Promise<unknown>[] => [
    fs.write('f', 'x'),
    fs.getInfo('f'),
    fs.listDir(''),
    fs.readBytes('f'),
    fs.makeDir('d'),
    fs.remove('f'),
    fs.removeTree(''),
    fs.identify({ create: true }),
    fs.sweepStaged(new Date()),
  ];

  it.each<[string, () => Promise<S3FS>, typeof RemoteConnectionError | typeof PermissionDenied]>([
    [
      'a bucket that is missing',
      async () => new S3FS(optionsFor(`none-${randomUUID()}`)),
      RemoteConnectionError,
    ],
    [
      'a wrong secret',
      async () => new S3FS(optionsFor(await newBucket(), { awsSecretAccessKey: 'wrong' })),
      PermissionDenied,
    ],
    [
      'a key that is not known',
      async () => new S3FS(optionsFor(await newBucket(), { awsAccessKeyId: 'nobody' })),
      PermissionDenied,
    ],
    [
      'nobody at the address',
      async () => new S3FS(optionsFor('b', { endpoint: 'http://127.0.0.1:9' })),
      RemoteConnectionError,
    ],
  ])('%s is told by its own error, with the cause inside', async (_name, open, expected) => {
    const fs = await open();
    for (const attempt of attempts(fs)) await expectError(attempt, expected);
    const error = (await rejectionOf(fs.getInfo('f'))) as MayflyError;
    expect(error).toBeInstanceOf(MayflyError);
    expect(error.cause).toBeDefined();
    expect(error.message).not.toContain(server().awsSecretAccessKey);
    await fs.close();
  });

  it('is an OperationTimeout when nobody ever answers', async () => {
    const proxy = await S3Proxy.open();
    proxy.fault = () => 'silence';
    const { region, awsAccessKeyId: accessKeyId, awsSecretAccessKey: secretAccessKey } = server();
    const client = new S3Client({
      region,
      endpoint: proxy.endpoint,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey },
      requestHandler: { socketTimeout: 200 },
    });
    const fs = new S3FS({ bucket: 'b', client });
    await expectError(fs.getInfo('f'), OperationTimeout, 'f');
    await expectError(fs.write('f', 'x'), OperationTimeout, 'f');
    client.destroy();
    await proxy.close();
  });
});

describe('options of S3FS', () => {
  it.each([
    [{ bucket: '' }, /bucket/],
    [{ bucket: 'b', prefix: '../x' }, /prefix/],
    [{ bucket: 'b', prefix: 'a\nb' }, /prefix/],
    [{ bucket: 'b', awsAccessKeyId: 'id' }, /awsSecretAccessKey/],
    [{ bucket: 'b', partSize: 1000 }, /partSize/],
  ])('refuses %j by name', (options, message) => {
    expect(() => new S3FS(options)).toThrow(message);
  });

  it.each(['/pyfs/', 'pyfs', 'pyfs//', './pyfs'])('takes the prefix %s for pyfs', async (prefix) => {
    const fs = new S3FS({ bucket: 'b', prefix, region: 'us-east-1' });
    expect(fs.desc('/a')).toBe('s3://b/pyfs/a');
    await fs.close();
  });
});
