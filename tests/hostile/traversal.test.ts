/** Paths that would lead out, in every encoding, by every route. */
import { describe, expect, it } from '@jest/globals';
import { FORM_TYPE, rawForm } from '../support/http.js';
import { GROUNDS } from './grounds.js';
import { attacked, rawRequest, statusOf } from './hostile.js';

/** Ways to write `..`, or a slash, that some decoder somewhere takes for one. */
const UPS = [
  '..',
  '%2e%2e',
  '%2E.',
  '.%2e',
  '%252e%252e',
  '..%00',
  '..%20',
  '..;',
  '..;a=b',
  '%c0%ae%c0%ae',
  '%e0%80%ae%e0%80%ae',
  '%f0%80%80%ae%f0%80%80%ae',
  '%uff0e%uff0e',
  '%ef%bc%8e%ef%bc%8e',
  '%e2%80%a4%e2%80%a4',
  '..%c2%a0',
  '.../...',
  '....',
];
const SLASHES = [
  '/',
  '%2f',
  '%2F',
  '%252f',
  '\\',
  '%5c',
  '%255c',
  '%c0%af',
  '%e0%80%af',
  '%ef%bc%8f',
  '//',
  '/./',
  '%00/',
];

const PATHS = [
  ...UPS.flatMap((up) => SLASHES.map((slash) => `${up}${slash}`)).flatMap((step) => [
    `ns/${step}private/canary.txt`,
    `ns/dir/${step}${step}private/canary.txt`,
    `ns/${step}${step}canary.txt`,
    `${step}ns/${step}canary.txt`,
  ]),
  'ns/dir/../../private/canary.txt',
  'ns//etc/passwd',
  'ns/%2fetc/passwd',
  'ns/file:///etc/passwd',
  '.mayfly/id',
  '%2emayfly/id',
  'ns/../.mayfly/id',
  '../files-2/canary.txt',
  '-2/canary.txt',
  'private/canary.txt',
  'PRIVATE/canary.txt',
  'n%73/../private/canary.txt',
  '%70rivate/canary.txt',
  '/private/canary.txt',
  './private/canary.txt',
  'ns%00/../private/canary.txt',
];

describe.each(GROUNDS)('paths, %s', (kind) => {
  const target = attacked(kind);

  describe.each([
    ['GET', 'GET', [], ''],
    ['a listing', 'GET', ['Accept: application/json'], ''],
    ['HEAD', 'HEAD', [], ''],
    ['PUT', 'PUT', [], 'planted'],
    ['DELETE', 'DELETE', [], ''],
    ['PATCH', 'PATCH', ['Content-Type: application/json'], '{"seconds":0}'],
    [
      'POST',
      'POST',
      [`Content-Type: ${FORM_TYPE}`],
      rawForm([{ disposition: 'name="f"; filename="planted.txt"', body: 'planted' }]),
    ],
  ] as const)('traversal by %s', (_what, method, headers, body) => {
    it('reaches nothing outside of the namespace', async () => {
      const statuses = new Set<number>();
      // Against S3 each takes several requests more; which ones it gets differs by method.
      const paths = kind === 's3fs' ? PATHS.filter((_path, i) => i % 7 === method.length) : PATHS;
      for (let i = 0; i < paths.length; i += 16) {
        const answers = await Promise.all(
          paths
            .slice(i, i + 16)
            .map((path) => target.send(rawRequest(`${method} /files/${path}`, headers, body as string))),
        );
        for (const answer of answers) statuses.add(statusOf(answer));
      }
      // Some are names that are merely odd, and those may be stored; in the namespace.
      for (const status of statuses) expect([200, 201, 204, 304, 400, 404, 405, 409, 412]).toContain(status);
      await target.mayfly.expireObjects();
    });
  });

  describe('traversal by the name of a file', () => {
    it.each([
      '../canary.txt',
      '..\\\\canary.txt',
      '../../private/canary.txt',
      '/etc/passwd',
      'C:\\\\Windows\\\\win.ini',
      '..%2fcanary.txt',
      '....//canary.txt',
      '.htaccess',
      '..',
      '.',
      '~/.ssh/id_rsa',
      'a\u0000/../../canary.txt',
      '.mayfly',
    ])('%j stores in the directory of the form', async (name) => {
      for (const disposition of [
        `name="f"; filename="${name}"`,
        `name="f"; filename*=UTF-8''${encodeURIComponent(name)}`,
      ]) {
        const form = rawForm([{ disposition, body: 'planted' }]);
        const answer = await target.send(
          rawRequest('POST /files/ns/in', [`Content-Type: ${FORM_TYPE}`], form),
        );
        expect([201, 400]).toContain(statusOf(answer));
      }
      const query = `filename=${encodeURIComponent(name)}`;
      const form = rawForm([{ disposition: 'name="f"; filename="x"', body: 'planted' }]);
      await target.send(rawRequest(`POST /files/ns/in?${query}`, [`Content-Type: ${FORM_TYPE}`], form));
      const stored: string[] = [];
      for await (const info of target.ns.scanTree('')) if (!info.isDir) stored.push(info.path);
      for (const path of stored) expect(path).toMatch(/^(?:in\/[^/.][^/]*|dir\/ok\.txt)$/u);
    });
  });
});
