/** What `doctor` looks at, one thing after the other; none of it changes anything. */
import { existsSync, statfsSync, statSync } from 'node:fs';
import type { BucketFinding } from '../backends/s3/bucket-finding.js';
import { S3FS } from '../backends/s3/s3-filesystem.js';
import type { Mayfly } from '../mayfly.js';
import type { ServerOptions } from '../server/config.js';
import { isLoopback } from '../server/config.js';
import { explain } from './failure.js';
import { formatSize, formatTime } from './format.js';
import type { Session } from './session.js';
import { describeState, whereDeadlinesAre } from './store-state.js';

/** One thing that was looked at. */
export type Finding = BucketFinding;

const LOW_SPACE_BYTES = 1024 ** 3;
const LOW_SPACE_PART = 0.05;
/** A purge comes every minute by default; what is overdue for so long has been missed by several. */
const OVERDUE_TOLD_MS = 15 * 60_000;

export async function* diagnose(session: Session): AsyncGenerator<Finding> {
  let options: ServerOptions;
  try {
    options = await session.settings();
  } catch (error) {
    yield { topic: 'settings', state: 'bad', says: explain(error).message, advice: 'See config/README.md.' };
    return;
  }
  yield { topic: 'settings', state: 'ok', says: 'can be read' };
  for (const name of session.takeStrayVariables()) {
    yield {
      topic: 'settings',
      state: 'warning',
      says: `${name} is set and is not a setting`,
      advice: 'Is it misspelled? All variables are in config/README.md.',
    };
  }
  yield* exposure(options);
  yield links(options);
  yield* purging(options);
  yield options.storage.type === 's3fs'
    ? bucketOf(options)
    : await directoryOf(options.storage.directoryRoot, session);
  if (options.storage.type === 's3fs') yield* examineBucket(new S3FS(options.storage));
  yield* storeAndStorage(session, options);
}

function* exposure({ host, token, publicUrl }: ServerOptions): Generator<Finding> {
  const topic = 'access';
  if (token !== null && token.length < 16) {
    yield {
      topic,
      state: 'warning',
      says: `MAYFLY_TOKEN has only ${token.length} characters`,
      advice: 'Make one that nobody guesses: openssl rand -hex 24',
    };
  } else if (token === null) {
    yield { topic, state: 'ok', says: `no token, and ${host} is reached from this machine only` };
  } else yield { topic, state: 'ok', says: 'changes and listings want the token' };
  if (!isLoopback(host) && publicUrl === null) {
    yield {
      topic: 'URLs',
      state: 'warning',
      says: 'others reach this server, but the URLs that it hands out are paths',
      advice: 'Set MAYFLY_PUBLIC_URL to the origin that they use, such as https://files.example.com.',
    };
  }
}

/** Whether temporary links end. Nothing is told of the secrets but that there are some. */
function links({ storage, urls: { secrets, required, secretFile } }: ServerOptions): Finding {
  const topic = 'links';
  const more = required ? ', and nothing is served without' : '';
  if (secrets.length > 0) return { topic, state: 'ok', says: `are signed, by MAYFLY_URL_SECRETS${more}` };
  if (secretFile === null) {
    if (storage.type === 's3fs') return { topic, state: 'ok', says: 'that end are presigned, by S3' };
    return {
      topic,
      state: 'warning',
      says: 'are not signed, so that temporary ones work as long as the file is there',
      advice: 'Set MAYFLY_URL_SECRETS, the same on all instances: openssl rand -base64 32',
    };
  }
  const file = statSync(secretFile, { throwIfNoEntry: false });
  if (file === undefined) {
    return {
      topic,
      state: 'ok',
      says: `will be signed, by a secret that is made in ${secretFile} when it is wanted${more}`,
    };
  }
  if (process.platform !== 'win32' && (file.mode & 0o077) !== 0) {
    return {
      topic,
      state: 'warning',
      says: `are signed by the secret in ${secretFile}, which not only the user of the server may read`,
      advice: `chmod 600 ${secretFile}`,
    };
  }
  return { topic, state: 'ok', says: `are signed, by the secret in ${secretFile}${more}` };
}

function* purging({ purge, expirations }: ServerOptions): Generator<Finding> {
  if (purge.schedule === false) {
    yield {
      topic: 'purge',
      state: 'warning',
      says: 'is off in the server',
      advice: 'Make sure that something else runs it: * * * * * mayfly purge',
    };
  } else yield { topic: 'purge', state: 'ok', says: `runs in the server, by ${purge.schedule} (UTC)` };
  yield { topic: 'deadlines', state: 'ok', says: `are kept in ${whereDeadlinesAre(expirations)}` };
}

function bucketOf({ storage }: ServerOptions): Finding {
  const name = storage.type === 's3fs' ? storage.bucket : '';
  return { topic: 'storage', state: 'ok', says: `is the bucket ${name}` };
}

async function directoryOf(directory: string, session: Session): Promise<Finding> {
  const topic = 'storage';
  if (!existsSync(directory)) {
    if (await session.isStoreBound()) {
      return {
        topic,
        state: 'bad',
        says: `${directory} is not there, though the expiration store belongs to it; the server refuses to start`,
        advice: 'Was it unmounted or moved? Bring it back, or set MAYFLY_DIRECTORY_ROOT to where it is.',
      };
    }
    return {
      topic,
      state: 'warning',
      says: `${directory} is not there yet; the server makes it when it starts`,
      advice: 'If files are there already, start in the right directory or set MAYFLY_DIRECTORY_ROOT.',
    };
  }
  if (!statSync(directory).isDirectory()) {
    return {
      topic,
      state: 'bad',
      says: `${directory} is no directory`,
      advice: 'Set MAYFLY_DIRECTORY_ROOT.',
    };
  }
  const { bavail, blocks, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  const low = free < LOW_SPACE_BYTES || bavail < blocks * LOW_SPACE_PART;
  return {
    topic,
    state: low ? 'warning' : 'ok',
    says: `is ${directory}, with ${formatSize(free)} free`,
    ...(low ? { advice: 'Make room: uploads are refused with 507 when the disk is full.' } : {}),
  };
}

async function* examineBucket(bucket: S3FS): AsyncGenerator<Finding> {
  try {
    yield* await bucket.examine();
  } catch (error) {
    yield {
      topic: 'bucket',
      state: 'bad',
      says: explain(error).message,
      advice: 'Look at endpoint, region, name and credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).',
    };
  } finally {
    await bucket.close();
  }
}

/** To open a store that is not there or not bound yet would make or bind it, so that one is only told of. */
async function* storeAndStorage(session: Session, options: ServerOptions): AsyncGenerator<Finding> {
  const { storage } = options;
  try {
    const state = await session.storeState();
    if (storage.type === 'osfs' && !existsSync(storage.directoryRoot)) return;
    if (state !== 'bound') {
      yield { topic: 'expiration store', state: 'warning', ...describeState(state, options) };
      return;
    }
    const mayfly = await session.mayfly();
    yield {
      topic: 'reachable',
      state: 'ok',
      says: 'storage and expiration store answer and belong together',
    };
    yield await writable(mayfly);
    yield await overdue(mayfly);
  } catch (error) {
    yield { topic: 'reachable', state: 'bad', says: explain(error).message };
  }
}

/** Something is taken in and never published, so nobody sees it. */
async function writable(mayfly: Mayfly): Promise<Finding> {
  const topic = 'writing';
  try {
    const staged = await mayfly.getFilesystem('doctor').stage('probe', 'probe');
    await staged.discard();
    return { topic, state: 'ok', says: 'works' };
  } catch (error) {
    return {
      topic,
      state: 'bad',
      says: explain(error).message,
      advice: 'Look at the rights of the user of the server.',
    };
  }
}

async function overdue(mayfly: Mayfly): Promise<Finding> {
  const topic = 'overdue';
  const { count, oldest } = await mayfly.overdue();
  if (oldest === null) return { topic, state: 'ok', says: 'nothing is past its deadline' };
  const told =
    count === 1 ? '1 file is past its deadline,' : `${count} files are past their deadlines, the oldest`;
  const late = Date.now() - oldest.getTime() > OVERDUE_TOLD_MS;
  return {
    topic,
    state: late ? 'warning' : 'ok',
    says: `${told} since ${formatTime(oldest)}${late ? '' : '; the next purge sees to it'}`,
    ...(late ? { advice: 'No purge seems to run, or it fails: run mayfly purge and see what it says.' } : {}),
  };
}
