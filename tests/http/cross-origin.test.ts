import { expect, it } from '@jest/globals';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';

const APP = 'https://app.example.com';
const preflight = {
  method: 'OPTIONS',
  headers: { Origin: APP, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'x-a' },
};

describeServed('cross-origin use', (served) => {
  it('is not for scripts unless it is told so', async () => {
    const site = await served().serve(EVERYTHING);
    await served().ns.write('a.txt', 'a');
    for (const init of [{ headers: { Origin: APP } }, preflight]) {
      const { headers } = await site.fetch('/files/ns/a.txt', init);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('is for the origins that were named, with all that they need, in refusals too', async () => {
    const site = await served().serve({
      ...EVERYTHING,
      cors: { origin: [APP, 'https://b.example'], credentials: true },
      authorize: (_request, { path }) => path !== 'secret',
    });
    const asked = await site.fetch('/files/ns/a.txt', preflight);
    expect([asked.status, await asked.text()]).toEqual([204, '']);
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'x-a',
      'access-control-max-age': '600',
    });
    expect(asked.headers.get('access-control-allow-methods')).toContain('PUT');
    const put = await site.fetch('/files/ns/a.txt', { method: 'PUT', headers: { Origin: APP }, body: 'a' });
    expect(put.headers.get('access-control-allow-origin')).toBe(APP);
    expect(put.headers.get('access-control-expose-headers')).toContain('Location');
    const refused = await site.fetch('/files/ns/secret', { headers: { Origin: APP } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, APP]);
    const stranger = await site.fetch('/files/ns/a.txt', {
      headers: { Origin: 'https://app.example.com.evil' },
    });
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
    expect(stranger.headers.get('vary')).toBe('Origin');
    const list = await site.fetch('/files/ns/', { headers: { Origin: APP, Accept: 'application/json' } });
    expect(list.headers.get('vary')).toBe('Origin, Accept');
  });

  it('leaves a question without an origin to the service', async () => {
    const site = await served().serve({ cors: { origin: '*' } });
    const answer = await site.fetch('/files/ns/a.txt', { method: 'OPTIONS' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, PUT, OPTIONS']);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('of files in pages is kept to the site where authorize decides who sees them', async () => {
    await served().ns.write('a.png', 'a');
    const policyOf = async (
      options: Parameters<ReturnType<typeof served>['serve']>[0],
    ): Promise<string | null> => {
      const site = await served().serve(options);
      return (await site.fetch('/files/ns/a.png')).headers.get('cross-origin-resource-policy');
    };
    expect(await policyOf({})).toBe('cross-origin');
    expect(await policyOf({ authorize: () => true })).toBe('same-site');
    expect(await policyOf({ authorize: () => true, cors: { origin: APP } })).toBe('cross-origin');
    expect(await policyOf({ resourcePolicy: 'same-origin' })).toBe('same-origin');
  });
});
