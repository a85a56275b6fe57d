import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SignedParameters, SignedTarget } from '../../src/urls/signed-url.js';
import {
  claimsSignature,
  expiresOf,
  signedQuery,
  stringToSign,
  verifyQuery,
} from '../../src/urls/signed-url.js';
import { isSecret, SigningKeys } from '../../src/urls/signing-key.js';

const SECRET = 'a secret of 32 bytes or more, for tests';
const keys = new SigningKeys([SECRET]);
const file: SignedTarget = { method: 'GET', namespace: 'charts', path: '2026/bär (1).png' };
const NAMES = ['download', 'type'];
const NOW = 1_767_225_600_000;

function verify(query: string, target = file, now = NOW, by = keys): unknown {
  return verifyQuery(by, target, new URLSearchParams(query), NAMES, now);
}

describe('the signed string, as docs/URLS.md has it', () => {
  const parameters: SignedParameters = { type: 'image/png', expires: '1767225660', download: 'Bär.png' };

  it('has the version, the method, the path and the sorted parameters, all percent-encoded', () => {
    expect(stringToSign(file, parameters)).toBe(
      'mayfly-url-1\nGET\n/charts/2026/b%C3%A4r%20%281%29.png\ndownload=B%C3%A4r.png&expires=1767225660&type=image%2Fpng',
    );
  });

  it.each([
    // By openssl dgst -sha256 -hmac.
    [parameters, 'hhZo6_Bgm81ZsL_sDoLVdPd9CLLP6dtVzRyHh9kGjaI'],
    [{}, 'VqnfKTEGzyXheecT-qDU8mTWvLmCBKzf80qlaHJUhkE'],
  ])('of %j is signed as %s', (given, signature) => {
    expect(keys.sign(stringToSign(file, given))).toBe(signature);
    expect(signedQuery(keys, file, given).split('signature=')[1]).toBe(signature);
  });
});

describe('docs/URLS.md', () => {
  const page = readFileSync(new URL('../../docs/URLS.md', import.meta.url), 'utf8');

  it('has the test vector', () => {
    const parameters = { type: 'image/png', expires: '1767225660', download: 'Bär.png' };
    for (const given of [parameters, {}]) {
      expect(page).toContain(keys.sign(stringToSign(file, given)));
    }
    expect(page).toContain(stringToSign(file, parameters));
  });

  it('has a function for edges that takes what is signed here, and nothing else', async () => {
    const [, code = ''] = /^```js\n(.*?)^```/ms.exec(page) ?? [];
    const edge = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      mayRead(url: string, secret: string, now: number): boolean;
    };
    const url = `/charts/2026/b%c3%a4r%20(1).png?${signedQuery(keys, file, { expires: '1767225660' })}`;
    expect(edge.mayRead(url, SECRET, NOW)).toBe(true);
    expect(edge.mayRead(url, SECRET, 1_767_225_660_000)).toBe(false);
    expect(edge.mayRead(`${url}&type=text/html`, SECRET, NOW)).toBe(false);
    expect(edge.mayRead(url.replace('charts', 'other'), SECRET, NOW)).toBe(false);
    expect(edge.mayRead(url, `${SECRET}x`, NOW)).toBe(false);
  });
});

describe('a signed query', () => {
  const parameters = { expires: '1767225660', download: 'a b.png', type: 'image/png' };
  const query = signedQuery(keys, file, parameters);

  it('gives back what was signed until its last second', () => {
    expect(verify(query)).toEqual(parameters);
    expect(verify(query, file, 1_767_225_659_999)).toEqual(parameters);
    expect(verify(query, file, 1_767_225_660_000)).toBe('past');
  });

  it('without an end is never past', () => {
    expect(verify(signedQuery(keys, file, {}), file, 8.64e15)).toEqual({});
  });

  it('leaves parameters alone that mean nothing', () => {
    expect(verify(`utm_source=x&${query}&utm_source=y`)).toEqual(parameters);
  });

  it.each([
    ['another end', query.replace('1767225660', '1767225661')],
    ['no end', query.replace('expires=1767225660&', '')],
    ['another name to save as', query.replace('a%20b.png', 'c.html')],
    ['no name to save as', query.replace('download=a%20b.png&', '')],
    ['another type', query.replace('image%2Fpng', 'text%2Fhtml')],
    ['no type', query.replace('type=image%2Fpng&', '')],
    ['a second end', `${query}&expires=1767225660`],
    ['a second end before it', `expires=9999999999&${query}`],
    ['a second type', `${query}&type=image%2Fpng`],
    ['a second signature', `${query}&signature=x`],
    ['no signature', query.replace(/&signature=.*/, '')],
    ['an empty signature', query.replace(/signature=.*/, 'signature=')],
    ['a signature with padding', `${query}=`],
    ['a signature and a space', `${query}%20`],
    ['an end with a zero before it', query.replace('expires=', 'expires=0')],
    ['an end in other digits', query.replace('1767225660', '1.76722566e9')],
  ])('with %s is altered', (_what, altered) => {
    expect(altered).not.toBe(query);
    expect(verify(altered)).toBe('altered');
  });

  it.each([
    ['another path', { ...file, path: '2026/other.png' }],
    ['another namespace', { ...file, namespace: 'chart' }],
    ['a path that begins in the namespace', { ...file, namespace: 'charts/2026', path: 'bär (1).png' }],
    ['another method', { ...file, method: 'POST' as const }],
  ])('is not for %s', (_what, target) => {
    expect(verify(query, target)).toBe('altered');
  });

  it('is refused whichever single character of its signature is another', () => {
    const start = query.indexOf('signature=') + 'signature='.length;
    for (let i = start; i < query.length; i++) {
      const other = query[i] === 'A' ? 'B' : 'A';
      expect(verify(query.slice(0, i) + other + query.slice(i + 1))).toBe('altered');
    }
    // Base64 has bits to spare at its end: only one of the spellings counts.
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      const spelled = query.slice(0, -1) + last;
      expect(verify(spelled)).toEqual(spelled === query ? parameters : 'altered');
    }
  });

  it('round-trips for whatever is signed, and says nothing else', () => {
    const word = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());
    fc.assert(
      fc.property(word, word, word, word, (namespace, path, download, type) => {
        const target: SignedTarget = { method: 'GET', namespace, path };
        const signed = signedQuery(keys, target, { download, type });
        expect(verify(signed, target)).toEqual({ download, type });
        expect(signed).toMatch(/^[\x21-\x7e]*$/);
      }),
    );
  });

  it('claims to be signed by either of its two parameters', () => {
    expect(claimsSignature(new URLSearchParams('expires=1'))).toBe(true);
    expect(claimsSignature(new URLSearchParams('signature='))).toBe(true);
    expect(claimsSignature(new URLSearchParams('download=a'))).toBe(false);
  });
});

describe('keys', () => {
  const old = 'the secret that was used before this one';

  it('sign by the first, and verify by all', () => {
    const both = new SigningKeys([SECRET, old]);
    const before = signedQuery(new SigningKeys([old]), file, {});
    expect(verify(before, file, NOW, both)).toEqual({});
    expect(verify(before)).toBe('altered');
    expect(signedQuery(both, file, {})).toBe(signedQuery(keys, file, {}));
  });

  it.each([
    ['x'.repeat(31), false],
    ['x'.repeat(32), true],
    ['ä'.repeat(16), true], // Bytes, not characters.
    ['', false],
  ])('of %j: %p', (secret, long) => {
    expect(isSecret(secret)).toBe(long);
  });
});

describe('the end of a URL', () => {
  it.each([
    [NOW, 60, null, '1767225660'],
    [NOW, 0.001, null, '1767225601'], // A fraction of a second is rounded up.
    [NOW + 1, 60, null, '1767225661'],
    [NOW, 60, NOW + 30_999, '1767225630'], // The file's deadline comes first, and is never passed.
    [NOW, 60, NOW + 60_000, '1767225660'],
    [NOW, 60, NOW + 90_000, '1767225660'],
    [NOW, 0, null, undefined],
    [NOW, 0, NOW + 5_000, '1767225605'],
    [NOW, 60, NOW - 1, '1767225599'], // Over already.
  ])('at %i for %d seconds, with a deadline at %p', (now, seconds, deadline, expected) => {
    expect(expiresOf(now, seconds, deadline === null ? null : new Date(deadline))).toBe(expected);
  });

  it('is one that a date can tell', () => {
    expect(() => expiresOf(NOW, 1e13, null)).toThrow(RangeError);
  });
});
