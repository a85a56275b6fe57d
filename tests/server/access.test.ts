import { describe, expect, it } from '@jest/globals';
import { hasToken, refuseForeignPage } from '../../src/server/access.js';

describe('without a token, who is served', () => {
  const host = 'localhost:3000';
  it.each([
    ['a tool on this machine', 'POST', { host }, true],
    ['our page', 'POST', { host, origin: 'http://localhost:3000', 'sec-fetch-site': 'same-origin' }, true],
    ['our page in an old browser', 'DELETE', { host, origin: 'http://localhost:3000' }, true],
    ['a link on another site', 'GET', { host, 'sec-fetch-site': 'cross-site' }, true],
    ['127.0.0.1', 'GET', { host: '127.0.0.1:3000' }, true],
    ['[::1]', 'GET', { host: '[::1]:3000' }, true],
    ['a form on another site', 'POST', { host, 'sec-fetch-site': 'cross-site' }, false],
    ['a page on another port', 'POST', { host, 'sec-fetch-site': 'same-site' }, false],
    ['another site in an old browser', 'POST', { host, origin: 'http://evil.example' }, false],
    ['another port in an old browser', 'PUT', { host, origin: 'http://localhost:8080' }, false],
    ['a sandboxed document', 'DELETE', { host, origin: 'null' }, false],
    ['a rebound name', 'GET', { host: 'evil.example:3000' }, false],
    [
      'a rebound name that is its own origin',
      'POST',
      { host: 'evil.example', origin: 'http://evil.example' },
      false,
    ],
    ['a name that begins like ours', 'GET', { host: 'localhost.evil.example' }, false],
    ['nobody', 'GET', {}, false],
  ])('%s (%s)', (_who, method, headers, served) => {
    expect(refuseForeignPage({ method, headers })?.status ?? 200).toBe(served ? 200 : 403);
  });
});

describe('hasToken', () => {
  it.each([
    ['Bearer secret', true],
    ['bearer  secret', true],
    ['Bearer Secret', false],
    ['Bearer secre', false],
    ['Bearer secret2', false],
    ['Bearer ', false],
    ['Basic secret', false],
    ['secret', false],
    [undefined, false],
  ])('%s: %s', (authorization, expected) => {
    expect(hasToken({ authorization }, 'secret')).toBe(expected);
  });
});
