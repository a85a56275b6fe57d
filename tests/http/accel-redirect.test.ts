import { expect, it } from '@jest/globals';
import { describeServed } from '../support/http-mayfly.js';

describeServed('with accelRedirect', (served) => {
  it('a file is left to nginx, with what it can not know', async () => {
    await served().ns.write('a b/50% (ü)?.html', '<p>', { seconds: 60 });
    const site = await served().serve({ accelRedirect: '/internal/', cacheControl: 'public, max-age=600' });
    const url = '/files/ns/a%20b/50%25%20(%C3%BC)%3F.html?download';
    for (const method of ['GET', 'HEAD']) {
      const response = await site.fetch(url, {
        method,
        headers: { Range: 'bytes=0-0', 'If-None-Match': '*' },
      });
      expect([response.status, await response.text()]).toEqual([200, '']);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'x-accel-redirect': '/internal/ns/a%20b/50%25%20%28%C3%BC%29%3F.html',
        'content-type': 'text/html; charset=utf-8',
        'content-length': '0',
        'cache-control': 'public, max-age=60, must-revalidate',
        'content-security-policy': 'sandbox',
        'content-disposition': expect.stringContaining('attachment'),
        sunset: expect.any(String),
      });
      expect(response.headers.get('etag')).toBeNull();
    }
  });

  it('what is not to be served is refused here', async () => {
    const { ns, clock } = served();
    await ns.write('f', 'x', { seconds: 60 });
    await ns.write('.env', 'x');
    const site = await served().serve({ accelRedirect: '/internal' });
    clock.advance(60);
    for (const [path, status] of [
      ['f', 410],
      ['.env', 404],
      ['missing', 404],
      ['..%2fother', 400],
    ] as const) {
      const response = await site.fetch(`/files/ns/${path}`);
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.get('x-accel-redirect')).toBeNull();
    }
  });

  it.each(['internal', '//elsewhere', '/a b', '/a?b', '/a\nb', 5])(
    '%j is no prefix',
    async (accelRedirect) => {
      await expect(served().serve({ accelRedirect } as never)).rejects.toThrow(/accelRedirect must be/);
    },
  );
});
