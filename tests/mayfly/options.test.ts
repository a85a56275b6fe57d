import { describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/clock/clock.js';
import { InvalidOptions } from '../../src/errors/errors.js';
import { MemoryExpirationStore } from '../../src/expirations/memory-expiration-store.js';
import { resolveOptions } from '../../src/options/resolve.js';

const osfs = { type: 'osfs', directoryRoot: 'var/files', urlRoot: '/files' };

function messageOf(options: unknown): string {
  try {
    resolveOptions(options);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidOptions);
    return (error as Error).message;
  }
  throw new Error('the options were accepted');
}

describe('options', () => {
  it.each([
    ['/dateien-ü', '/dateien-%C3%BC'],
    ['/%C3%BC/日本', '/%C3%BC/%E6%97%A5%E6%9C%AC'],
    ['https://bücher.example/ü/', 'https://xn--bcher-kva.example/%C3%BC'],
  ])('have urlRoot %s as it stands in a header', (urlRoot, encoded) => {
    expect(resolveOptions({ storage: { ...osfs, urlRoot } }).storage.urlRoot).toBe(encoded);
  });

  it('refuse paths that no system has', () => {
    expect(messageOf({ storage: { ...osfs, directoryRoot: 'a\0b' } })).toContain('storage.directoryRoot');
    const expirations = { type: 'sqlite', path: 'a\0b' };
    expect(messageOf({ storage: osfs, expirations })).toContain('expirations.path');
  });

  it('fill in every default', () => {
    expect(resolveOptions({ storage: osfs })).toMatchObject({
      storage: { ...osfs, durable: true },
      expirations: null,
      purge: { schedule: '* * * * *' },
      clock: systemClock,
    });
  });

  it("accept a django-pyfs settings block's spelling", () => {
    const { storage } = resolveOptions({
      storage: { type: 'osfs', directory_root: 'var/files', url_root: '/files' },
    });
    expect(storage).toEqual({ ...osfs, durable: true });
  });

  it.each([
    ['a directory', { directory_root: 'var/files' }],
    ['a directory of none', { directory_root: null }],
    ['no URL', { url_root: null }],
    ['an empty URL', { url_root: '' }],
  ])('let pass %s that a settings block of django-pyfs has left beside s3fs', (_what, left) => {
    const { storage } = resolveOptions({ storage: { type: 's3fs', bucket: 'b', ...left } });
    expect(storage).toEqual({ type: 's3fs', bucket: 'b' });
  });

  it('take every kind of expirations', () => {
    const store = new MemoryExpirationStore();
    expect(resolveOptions({ storage: osfs, expirations: { store } }).expirations).toEqual({ store });
    const sqlite = { type: 'sqlite', path: 'a.db' };
    expect(resolveOptions({ storage: osfs, expirations: sqlite }).expirations).toEqual(sqlite);
    const connectionString = 'postgresql://u:p@[::1]:5432/db?sslmode=require';
    const postgres = { type: 'postgres', connectionString };
    expect(resolveOptions({ storage: osfs, expirations: postgres }).expirations).toEqual(postgres);
    const snake = { type: 'postgres', connection_string: connectionString };
    expect(resolveOptions({ storage: osfs, expirations: snake }).expirations).toEqual(postgres);
  });

  it("leave the caller's own objects as they are, literals too", () => {
    const methods = (names: string[]) => Object.fromEntries(names.map((name) => [name, () => undefined]));
    const { prototype } = MemoryExpirationStore;
    const store = methods(Object.getOwnPropertyNames(prototype).concat('releaseDead'));
    const logger = methods(['debug', 'info', 'warn', 'error']);
    const resolved = resolveOptions({ storage: osfs, expirations: { store }, logger });
    expect((resolved.expirations as { store: unknown }).store).toBe(store);
    expect(resolved.logger).toBe(logger);
    const client = { send: () => undefined, config: {}, destroy: () => undefined };
    const { storage } = resolveOptions({ storage: { type: 's3fs', bucket: 'b', client } });
    expect((storage as { client: unknown }).client).toBe(client);
  });

  it.each([
    ['/files', '/files'],
    ['/files/', '/files'],
    ['/a/b//', '/a/b'],
    ['/', ''],
    ['https://cdn.example.com/files/', 'https://cdn.example.com/files'],
    ['http://localhost:8080', 'http://localhost:8080'],
  ])('drop slashes at the end of urlRoot %s', (urlRoot, trimmed) => {
    expect(resolveOptions({ storage: { ...osfs, urlRoot } }).storage.urlRoot).toBe(trimmed);
  });

  it.each([
    ['files'],
    ['//evil.example.com'],
    ['ftp://a/b'],
    ['/files?a'],
    ['/files#a'],
    ['/a b'],
    ['\\files'],
    ['https://'],
    '/a\u0000b',
    '/a\ud800',
  ])('refuse urlRoot %s', (urlRoot) => {
    expect(messageOf({ storage: { ...osfs, urlRoot } })).toContain('storage.urlRoot must be');
  });

  it.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['options']],
    ['no storage', {}, ['storage is required']],
    ['a storage that is no object', { storage: 'osfs' }, ['storage must be an object']],
    ['an unknown type', { storage: { type: 'ftp', urlRoot: '/f' } }, ["storage.type must be 'osfs'"]],
    [
      'keys left out',
      { storage: { type: 'osfs' } },
      ['storage.directoryRoot is required', 'storage.urlRoot is required'],
    ],
    [
      'an empty directory',
      { storage: { ...osfs, directoryRoot: '' } },
      ['storage.directoryRoot must not be empty'],
    ],
    [
      'wrong types',
      { storage: { ...osfs, durable: 1, urlRoot: 5 } },
      ['storage.durable', 'storage.urlRoot must be a string'],
    ],
    ['a typo', { storage: osfs, expiration: {} }, ['expiration is not a known option']],
    [
      'a typo below',
      { storage: { ...osfs, directoryroot: 'x' } },
      ['storage.directoryroot is not a known option'],
    ],
    [
      'both spellings',
      { storage: { ...osfs, url_root: '/f' } },
      ['storage.url_root is given in both spellings'],
    ],
    [
      'a directory that is meant beside s3fs',
      { storage: { type: 's3fs', bucket: 'b', directoryRoot: 'x' } },
      ['storage.directoryRoot is not a known option'],
    ],
    [
      'a directory beside s3fs in both spellings',
      { storage: { type: 's3fs', bucket: 'b', directoryRoot: 'x', directory_root: 'x' } },
      ['storage.directoryRoot is not a known option'],
    ],
    [
      'a directory beside s3fs after one that was left over',
      { storage: { type: 's3fs', bucket: 'b', directory_root: 'x', directoryRoot: 'y' } },
      ['storage.directoryRoot is not a known option'],
    ],
    [
      'a bad URL beside s3fs after one that was left over',
      { storage: { type: 's3fs', bucket: 'b', url_root: '', urlRoot: 'bad' } },
      ['storage.urlRoot must'],
    ],
    [
      'no URL beside s3fs where it is spelled our way',
      { storage: { type: 's3fs', bucket: 'b', urlRoot: null } },
      ['storage.urlRoot must be a string'],
    ],
    [
      'a leftover beside another storage',
      { storage: { type: 'memoryfs', url_root: '/f', directory_root: 'x' } },
      ['storage.directory_root is not a known option'],
    ],
    [
      'what is spelled in snake_case, by that name',
      {
        storage: { type: 'osfs', directory_root: 5, url_root: '', cache_bytes: -1, no_such_key: 1 },
        expirations: { type: 'postgres', connection_string: 'x' },
      },
      [
        'storage.directory_root must be a string',
        'storage.url_root must',
        'storage.cache_bytes must be 0 or more',
        'storage.no_such_key is not a known option',
        'expirations.connection_string must be a URL',
      ],
    ],
    ['a list', { storage: osfs, urls: { secrets: [5] } }, ['urls.secrets.0 must be a string']],
    [
      'no filesystem',
      { storage: { filesystem: {}, urlRoot: '/f' } },
      ['storage.filesystem must be a Filesystem'],
    ],
    [
      'no store',
      { storage: osfs, expirations: { store: {} } },
      ['expirations.store must be an ExpirationStore'],
    ],
    ['no path', { storage: osfs, expirations: { type: 'sqlite' } }, ['expirations.path is required']],
    [
      'an unknown database',
      { storage: osfs, expirations: { type: 'mysql' } },
      ["expirations.type must be 'sqlite' or 'postgres'"],
    ],
    [
      'no URL of PostgreSQL',
      { storage: osfs, expirations: { type: 'postgres', connectionString: 'mysql://db' } },
      ['expirations.connectionString must be a URL such as'],
    ],
    [
      'a bad schedule',
      { storage: osfs, purge: { schedule: 'often' } },
      ['purge.schedule must be a cron expression'],
    ],
    ['a purge that is true', { storage: osfs, purge: true }, ['purge must be']],
    ['a clock that is no function', { storage: osfs, clock: 5 }, ['clock must be a function']],
    ['a logger without methods', { storage: osfs, logger: {} }, ['logger must have']],
    [
      'everything at once',
      { storage: { type: 'osfs', urlRoot: 'x', foo: 1 }, purge: { schedule: '' }, bar: 2 },
      ['storage.urlRoot', 'storage.directoryRoot', 'storage.foo', 'purge.schedule', 'bar'],
    ],
  ])('refuse %s, naming each bad key', (_case, options, expected) => {
    const message = messageOf(options);
    for (const part of expected) expect(message).toContain(part);
    expect(message).not.toContain('\n');
  });
});
