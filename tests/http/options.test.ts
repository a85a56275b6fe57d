import { describe, expect, it } from '@jest/globals';
import { InvalidOptions } from '../../src/errors/errors.js';
import type { RouterOptions } from '../../src/http/options.js';
import { resolveRouterOptions } from '../../src/http/resolve-options.js';

describe('resolveRouterOptions', () => {
  it('has the defaults of the contract', () => {
    expect(resolveRouterOptions()).toEqual({
      allow: new Set(['read', 'upload']),
      namespaces: null,
      authorize: undefined,
      maxFileSize: 1024 ** 3,
      maxFiles: 20,
      accept: null,
      cors: null,
      resourcePolicy: 'cross-origin',
      quota: null,
      lifetime: null,
      idleTimeout: 60,
      uploadTimeout: 21_600,
      onConflict: 'rename',
      cacheControl: undefined,
      delivery: 'proxy',
      presignSeconds: 3600,
      precompressed: [],
      accelRedirect: undefined,
      dotfiles: 'ignore',
      trusted: false,
    });
  });

  it.each([
    [{ alow: [] }, 'alow'],
    [{ allow: ['write'] }, 'allow.0'],
    [{ allow: 'read' }, 'allow'],
    [{ namespaces: ['../x'] }, 'namespaces.0'],
    [{ authorize: true }, 'authorize'],
    [{ maxFileSize: 0 }, 'maxFileSize'],
    [{ maxFileSize: '1gb' }, 'maxFileSize'],
    [{ maxFiles: 1.5 }, 'maxFiles'],
    [{ onConflict: 'overwrite' }, 'onConflict'],
    [{ cacheControl: 'max-age=1\r\nX: y' }, 'cacheControl'],
    [{ dotfiles: 'deny' }, 'dotfiles'],
    [{ trusted: 'yes' }, 'trusted'],
    [{ delivery: 'direct' }, 'delivery'],
    [{ delivery: 'redirect' }, 'delivery'],
    [{ presignSeconds: 0 }, 'presignSeconds'],
    [{ presignSeconds: 604_801 }, 'presignSeconds'],
    [{ accelRedirect: 'x' }, 'accelRedirect'],
    [{ precompressed: 'br' }, 'precompressed'],
    [{ precompressed: ['lzma'] }, 'precompressed'],
    [{ cors: {} }, 'cors.origin'],
    [{ cors: { origin: '*', credentials: true } }, 'cors.credentials'],
    [{ cors: { origin: ['https://a.example', '*'], credentials: true } }, 'cors.credentials'],
    [{ cors: { origin: 'https://a.example/' } }, 'cors.origin'],
    [{ cors: { origin: 'null' } }, 'cors.origin'],
    [{ cors: { origin: [/a/] } }, 'cors.origin'],
    [{ cors: { origins: '*' } }, 'cors.origin'],
    [{ cors: true }, 'cors'],
    [{ resourcePolicy: 'none' }, 'resourcePolicy'],
    [{ quota: { bytes: 1 } }, 'quota.bytes'],
    [{ quota: { maxBytes: -1 } }, 'quota.maxBytes'],
    [{ quota: 5 }, 'quota'],
    [{ lifetime: 60 }, 'lifetime'],
    [{ lifetime: { seconds: 60 } }, 'lifetime.seconds'],
    [{ lifetime: { max: -1 } }, 'lifetime.max'],
    [{ lifetime: { max: Number.POSITIVE_INFINITY } }, 'lifetime.max'],
    [{ lifetime: { max: 1e15 } }, 'lifetime.max'],
    [{ lifetime: { default: Number.NaN } }, 'lifetime.default'],
    [{ lifetime: { default: '60' } }, 'lifetime.default'],
    [{ lifetime: { max: 60, default: 61 } }, 'lifetime.default'],
    [{ idleTimeout: 0 }, 'idleTimeout'],
    [{ uploadTimeout: Number.POSITIVE_INFINITY }, 'uploadTimeout'],
  ])('refuses %j by name', (options, key) => {
    const refused = (): unknown => resolveRouterOptions(options as RouterOptions);
    expect(refused).toThrow(InvalidOptions);
    expect(refused).toThrow(new RegExp(`: ${key.replace('.', '\\.')} `));
  });

  it('redirects unless told otherwise, where there is something to redirect to', () => {
    expect(resolveRouterOptions({}, true).delivery).toBe('redirect');
    expect(resolveRouterOptions({ delivery: 'proxy' }, true).delivery).toBe('proxy');
  });

  it.each([
    [{ max: 60 }, { max: 60, default: 60 }],
    [
      { max: 60, default: 0 },
      { max: 60, default: 0 },
    ],
    [
      { max: 60, default: 60 },
      { max: 60, default: 60 },
    ],
    [{ default: 60 }, { max: Number.POSITIVE_INFINITY, default: 60 }],
    [{}, { max: Number.POSITIVE_INFINITY, default: undefined }],
  ])('makes of lifetime %j a limit and a default', (lifetime, expected) => {
    expect(resolveRouterOptions({ lifetime }).lifetime).toEqual(expected);
  });

  it('names every bad key at once', () => {
    const options = { alow: [], maxFiles: 0, trusted: 1 } as unknown as RouterOptions;
    expect(() => resolveRouterOptions(options)).toThrow(
      /maxFiles .*trusted .*alow|alow .*maxFiles .*trusted/,
    );
  });
});
