import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BadSettings, isLoopback, parseSettings } from '../../src/server/config.js';
import { unknownVariables } from '../../src/server/settings-schema.js';

const OLD = 'an-old-secret-of-32-bytes-or-more';
const NEW = 'a-newer-secret-of-32-bytes-or-more';

const file = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../config/${name}`, import.meta.url), 'utf8'));
const defaults = () => file('default.json');
/** The defaults with one setting changed, as node-config would merge it. */
const having = (path: string, value: unknown) => {
  const settings = defaults();
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  keys.reduce((object, key) => object[key], settings)[last] = value;
  return settings;
};

describe('settings of the program', () => {
  it('are local, durable and purged every minute by default', () => {
    expect(parseSettings(defaults())).toEqual({
      workers: 1,
      stopDelay: 0,
      host: '127.0.0.1',
      port: 3000,
      token: null,
      publicUrl: null,
      storage: { type: 'osfs', directoryRoot: 'var/files', durable: true },
      delivery: undefined,
      expirations: { type: 'sqlite', path: 'var/expirations.db' },
      purge: { schedule: '* * * * *' },
      urls: { secrets: [], required: false, secretFile: join('var', 'url-secret') },
      limits: { maxFileSize: 4_294_967_296, maxFiles: 20 },
      log: { level: 'info' },
    });
  });

  it.each([
    ['port', '8080', { port: 8080 }],
    ['port', '0', { port: 0 }],
    ['storage.durable', 'false', { storage: { type: 'osfs', directoryRoot: 'var/files', durable: false } }],
    ['purge.schedule', 'off', { purge: { schedule: false } }],
    ['purge.schedule', '*/10 * * * * *', { purge: { schedule: '*/10 * * * * *' } }],
    ['limits.maxFileSize', '1', { limits: { maxFileSize: 1, maxFiles: 20 } }],
    ['publicUrl', 'https://files.example.com/', { publicUrl: 'https://files.example.com' }],
    ['host', 'localhost', { host: 'localhost' }],
    ['urls.required', 'true', { urls: { required: true } }],
    ['urls.secrets', OLD, { urls: { secrets: [OLD], secretFile: null } }],
    ['urls.secrets', `${NEW}, ${OLD}`, { urls: { secrets: [NEW, OLD] } }],
    ['urls.secrets', [NEW, OLD], { urls: { secrets: [NEW, OLD] } }],
    ['expirations.path', ':memory:', { urls: { secretFile: null } }],
    ['expirations.connectionString', 'postgres://db/mayfly', { urls: { secretFile: null } }],
    [
      'expirations.connectionString',
      'postgres://db/mayfly',
      { expirations: { type: 'postgres', connectionString: 'postgres://db/mayfly' } },
    ],
  ])('%s takes the text %j of a variable', (path, value, expected) => {
    expect(parseSettings(having(path, value))).toMatchObject(expected);
  });

  it('are those of a bucket with s3fs', () => {
    const settings = { ...defaults(), delivery: 'proxy' };
    Object.assign(settings.storage, {
      type: 's3fs',
      bucket: 'b',
      prefix: 'p',
      endpoint: 'http://minio:9000',
      forcePathStyle: 'true',
    });
    expect(parseSettings(settings)).toMatchObject({
      storage: {
        type: 's3fs',
        bucket: 'b',
        prefix: 'p',
        endpoint: 'http://minio:9000',
        forcePathStyle: true,
      },
      delivery: 'proxy',
    });
    expect(Object.keys(parseSettings(settings).storage)).not.toContain('region');
  });

  it.each([
    ['port', 'http', 'port (MAYFLY_PORT) wants a whole number from 0 to 65535'],
    ['port', '', 'port (MAYFLY_PORT) wants a whole number'],
    ['port', '65536', 'port (MAYFLY_PORT) wants a whole number'],
    ['port', 80.5, 'port (MAYFLY_PORT) wants a whole number'],
    ['host', ' ', 'host (MAYFLY_HOST) wants an address'],
    ['token', 'two words', 'token (MAYFLY_TOKEN) wants visible ASCII'],
    ['publicUrl', 'files.example.com', 'publicUrl (MAYFLY_PUBLIC_URL) wants an origin'],
    ['publicUrl', 'https://example.com/files', 'publicUrl (MAYFLY_PUBLIC_URL) wants an origin'],
    ['publicUrl', 'ftp://example.com', 'publicUrl (MAYFLY_PUBLIC_URL) wants an origin'],
    ['storage.type', 'ftp', 'storage.type (MAYFLY_STORAGE) wants osfs or s3fs'],
    ['storage.type', 's3fs', 'storage.bucket (MAYFLY_S3_BUCKET) wants the name of a bucket'],
    ['storage.endpoint', 's3.example.com', 'storage.endpoint (MAYFLY_S3_ENDPOINT) wants a URL'],
    [
      'storage.forcePathStyle',
      'maybe',
      'storage.forcePathStyle (MAYFLY_S3_FORCE_PATH_STYLE) wants true or false',
    ],
    ['delivery', 'pigeon', 'delivery (MAYFLY_DELIVERY) wants redirect or proxy'],
    ['storage.durable', 'maybe', 'storage.durable (MAYFLY_DURABLE) wants true or false'],
    ['purge.schedule', 'hourly', 'purge.schedule (MAYFLY_PURGE_SCHEDULE) wants a cron expression'],
    ['limits.maxFileSize', '1e9', 'limits.maxFileSize (MAYFLY_MAX_FILE_SIZE) wants a whole number of bytes'],
    [
      'expirations.connectionString',
      'mysql://db',
      'connectionString (MAYFLY_EXPIRATIONS_CONNECTION_STRING) wants a',
    ],
    ['urls.secrets', 'short', 'urls.secrets (MAYFLY_URL_SECRETS) wants secrets of at least 32 bytes each'],
    ['urls.secrets', `${NEW},short`, 'openssl rand -base64 32'],
    ['urls.secrets', 5, 'urls.secrets (MAYFLY_URL_SECRETS) wants secrets'],
    ['urls.required', 'maybe', 'urls.required (MAYFLY_URLS_REQUIRED) wants true or false'],
    ['limits.maxFiles', 0, 'limits.maxFiles (MAYFLY_MAX_FILES) wants a whole number from 1'],
    ['log.level', 'loud', 'log.level (MAYFLY_LOG_LEVEL) wants one of trace, debug'],
    ['colour', 'red', 'colour is not a setting'],
    ['storage.pail', 'b', 'storage.pail is not a setting'],
  ])('%s does not take %j', (path, value, message) => {
    expect(() => parseSettings(having(path, value))).toThrow(message);
    expect(() => parseSettings(having(path, value))).toThrow(BadSettings);
  });

  it('never say a secret that they do not take', () => {
    const said = (() => {
      try {
        return parseSettings(having('urls.secrets', `${NEW},too-short-to-sign`));
      } catch (error) {
        return String(error);
      }
    })();
    expect(said).toContain('MAYFLY_URL_SECRETS');
    expect(said).not.toContain('too-short-to-sign');
    expect(said).not.toContain(NEW);
  });

  it('want secrets for signed URLs only where the program keeps none of its own', () => {
    expect(parseSettings(having('urls.required', true)).urls.secretFile).not.toBeNull();
    const postgres = having('expirations.connectionString', 'postgres://db/mayfly');
    postgres.urls.required = true;
    expect(() => parseSettings(postgres)).toThrow(/MAYFLY_URLS_REQUIRED.*MAYFLY_URL_SECRETS/);
    postgres.urls.secrets = NEW;
    expect(parseSettings(postgres).urls).toEqual({ secrets: [NEW], required: true, secretFile: null });
  });

  it('says all that is wrong at once', () => {
    const settings = { ...having('port', 'x'), host: '' };
    expect(() => parseSettings(settings)).toThrow(/host \(MAYFLY_HOST\).*; port \(MAYFLY_PORT\)/);
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', 'files.example.com'])(
    'does not listen on %s without a token',
    (host) => {
      expect(() => parseSettings(having('host', host))).toThrow(/without a token.*MAYFLY_TOKEN/);
      expect(parseSettings({ ...having('host', host), token: 'secret' })).toMatchObject({
        host,
        token: 'secret',
      });
    },
  );

  it('each have a variable, and each variable is documented', () => {
    const leaves = (object: object): string[] =>
      Object.entries(object).flatMap(([key, value]) =>
        value instanceof Object ? leaves(value).map((leaf) => `${key}.${leaf}`) : [key],
      );
    const variables = file('custom-environment-variables.json');
    expect(leaves(variables)).toEqual(leaves(defaults()));
    const readme = readFileSync(new URL('../../config/README.md', import.meta.url), 'utf8');
    for (const path of leaves(variables)) {
      const name = path.split('.').reduce((object, key) => object[key], variables);
      expect(readme).toMatch(new RegExp(`\\| \`${name}\` +\\| \`${path}\` +\\|`));
    }
  });
});

describe('variables that are no settings', () => {
  it.each([
    ['MAYFLY_PROT', '5', true],
    ['MAYFLY_SERVICE', 'x', true],
    ['MAYFLY_PORT', '5', false],
    ['NODE_ENV', 'production', false],
    ['MAYFLY_SERVICE_HOST', '10.0.0.1', false], // Kubernetes sets these.
    ['MAYFLY_WEB_PORT', 'tcp://10.0.0.1:80', false],
    ['MAYFLY_WEB_PORT_80_TCP_ADDR', '10.0.0.1', false],
  ])('are told of: %s=%s %s', (name, value, expected) => {
    expect(unknownVariables({ [name]: value })).toEqual(expected ? [name] : []);
  });

  it('are none of those that config/ maps', () => {
    const names = Object.values(file('custom-environment-variables.json')).flatMap((value) =>
      value instanceof Object ? Object.values(value) : [value],
    ) as string[];
    expect(unknownVariables(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['[::1]', true],
    ['::ffff:127.0.0.1', true],
    ['LOCALHOST', true],
    ['app.localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example.com', false],
    ['localhost.example.com', false],
    ['', false],
  ])('%s: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});
