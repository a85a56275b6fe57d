/**
 * Which storage a bucket and prefix are: a UUID in the hidden object `id`,
 * made once. By it, whoever keeps deadlines tells another bucket, another
 * prefix or an emptied bucket from one whose files are really gone.
 */
import { randomUUID } from 'node:crypto';
import { FileExists, OperationFailed, RemoteConnectionError } from '../../errors/errors.js';
import type { Bucket } from './bucket.js';
import type { KeySpace } from './object-key.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CONTEXT = { path: '' };

/**
 * One request; two more when the identity is made.
 * @throws OperationFailed or a subclass, never ResourceNotFound
 */
export async function identifyBucket(bucket: Bucket, keys: KeySpace, create: boolean): Promise<string> {
  const key = keys.hiddenKey('id');
  const known = await readIdentity(bucket, key);
  if (known !== null) return known;
  if (!create) throw missing();
  const identity = randomUUID();
  try {
    const headers = { ContentType: 'text/plain' };
    await bucket.put(key, Buffer.from(`${identity}\n`), headers, { ...CONTEXT, createOnly: true });
    return identity;
  } catch (error) {
    if (!(error instanceof FileExists)) throw error;
  }
  // Another process was faster.
  const made = await readIdentity(bucket, key);
  if (made === null) throw missing();
  return made;
}

async function readIdentity(bucket: Bucket, key: string): Promise<string | null> {
  const found = await bucket.get(key, {}, CONTEXT);
  if (found === null) return null;
  if (typeof found === 'string') throw damaged();
  const chunks: Buffer[] = [];
  const text = await bucket.call(CONTEXT, async () => {
    for await (const chunk of found.body) chunks.push(chunk);
    return Buffer.concat(chunks).toString().trim();
  });
  if (!UUID.test(text)) throw damaged();
  return text;
}

function missing(): OperationFailed {
  return new RemoteConnectionError('', {
    message:
      'the bucket and prefix are not those that were used before, they have no identity: was the bucket emptied or exchanged?',
  });
}

function damaged(): OperationFailed {
  return new OperationFailed('', {
    message: 'the identity of the storage is damaged: restore .mayfly/id below the prefix from a backup',
  });
}
