import { describe, expect, it } from '@jest/globals';
import { acceptedCodings } from '../../src/http/semantics/accept-encoding.js';
import type { Site } from '../support/http.js';
import { eventually } from '../support/http.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';

describe('acceptedCodings (RFC 9110 §12.5.3)', () => {
  it.each([
    [undefined, []],
    ['', []],
    ['gzip', ['gzip']],
    ['gzip, deflate, br, zstd', ['br', 'zstd', 'gzip']],
    ['BR;q=0.5, GZip', ['gzip', 'br']],
    ['x-gzip', ['gzip']],
    ['*', ['br', 'zstd', 'gzip']],
    ['*;q=0', []],
    ['br;q=0, *', ['zstd', 'gzip']],
    ['gzip;q=0', []],
    ['gzip;q=0.000', []],
    ['gzip;q=1.000', ['gzip']],
    ['gzip;q=2', []], // no weight, so nothing that says yes
    ['gzip;q=', []],
    ['identity;q=1, gzip;q=0.5', []], // rather as it is
    ['identity, gzip', ['gzip']],
    ['identity;q=0.5, gzip;q=0.8, br;q=0.1', ['gzip']],
    ['deflate, compress', []],
    [', ,gzip ; q=0.3 ,', ['gzip']],
  ])('%j', (field, expected) => {
    expect(acceptedCodings(field)).toEqual(expected);
  });
});

describeServed('a file that lies compressed beside itself', (served) => {
  /** Forms whose bytes tell which they are: that they are no Brotli is nobody's business. */
  async function writeAll(endings: readonly string[] = ['.br', '.zst', '.gz']): Promise<void> {
    await served().ns.write('app.js', 'as it is');
    for (const ending of endings) await served().ns.write(`app.js${ending}`, `the form${ending}`);
  }

  async function raw(site: { raw(text: string): Promise<string> }, ...fields: string[]): Promise<string> {
    const head = ['GET /files/ns/app.js HTTP/1.1', 'Host: x', 'Connection: close', ...fields];
    return site.raw(`${head.join('\r\n')}\r\n\r\n`);
  }

  it.each([
    ['gzip, br', 'the form.br', 'br'],
    ['gzip, zstd', 'the form.zst', 'zstd'],
    ['gzip', 'the form.gz', 'gzip'],
    ['gzip;q=0', 'as it is', null],
  ])('is sent to who accepts %s', async (accepted, body, coding) => {
    await writeAll();
    const site = await served().serve({ precompressed: true });
    const answer = await raw(site, `Accept-Encoding: ${accepted}`);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer.split('\r\n\r\n')[1]).toBe(body);
    expect(/^content-encoding: (.*)$/im.exec(answer)?.[1] ?? null).toBe(coding);
    expect(answer).toMatch(/^content-type: text\/javascript; charset=utf-8\r$/im);
    expect(answer).toMatch(/^vary: accept-encoding\r$/im);
    expect(answer).toMatch(/^content-security-policy: sandbox\r$/im);
  });

  it.each(['.br', '.zst', '.gz'])(
    'is replaced by who stores app.js%s, and so wants leave',
    async (ending) => {
      const name = `app.js${ending}`;
      await served().ns.write('app.js', 'as it is');
      await served().ns.write(`taken${ending}`, 'x');
      await served().ns.write('taken-1', 'as it is');
      const put = (site: Site, path: string): Promise<Response> =>
        site.fetch(`/files/ns/${path}`, { method: 'PUT', body: 'evil' });
      const post = (site: Site, filename: string): Promise<Response> => {
        const form = new FormData();
        form.append('f', new Blob(['evil']), filename);
        return site.fetch('/files/ns', { method: 'POST', body: form });
      };
      const before = await served().leftovers();
      const open = await served().serve({ precompressed: true });
      const asked: string[] = [];
      const asking = await served().serve({
        ...EVERYTHING,
        precompressed: true,
        authorize: (_request, { action, path }) => {
          asked.push(`${action} ${path}`);
          return action === 'upload';
        },
      });
      for (const send of [put, post]) {
        expect((await send(open, name)).status).toBe(405);
        expect((await send(asking, name)).status).toBe(403);
        expect(asked.splice(0).at(-1)).toBe('replace app.js');
      }
      // By rename: taken.br is there, so this would be taken-1.br, of a file that is there too.
      expect((await post(open, `taken${ending}`)).status).toBe(405);
      await eventually(async () => expect(await served().leftovers()).toEqual(before));
      expect((await put(open, `other.js${ending}`)).status).toBe(201);
      const plain = await served().serve();
      expect((await put(plain, name)).status).toBe(201);
      const mayReplace = await served().serve({ ...EVERYTHING, precompressed: true });
      expect((await put(mayReplace, name)).status).toBe(200);
    },
  );

  it('has an entity tag, conditions and ranges of its own', async () => {
    await writeAll(['.br']);
    const site = await served().serve({ precompressed: ['br'] });
    const tagOf = (answer: string): string => /^etag: (.*)$/im.exec(answer)?.[1]?.trim() ?? '';
    const plain = tagOf(await raw(site));
    const coded = tagOf(await raw(site, 'Accept-Encoding: br'));
    expect(coded).not.toBe(plain);
    const ask = (tag: string): Promise<string> => raw(site, 'Accept-Encoding: br', `If-None-Match: ${tag}`);
    expect(await ask(coded)).toMatch(/^HTTP\/1.1 304 [\s\S]*vary: accept-encoding/i);
    expect(await ask(plain)).toMatch(/^HTTP\/1.1 200 /);
    const part = await raw(site, 'Accept-Encoding: br', 'Range: bytes=4-7');
    expect(part).toMatch(/^HTTP\/1.1 206 [\s\S]*content-range: bytes 4-7\/11\r/i);
    expect(part.split('\r\n\r\n')[1]).toBe('form');
  });

  it('is told apart by caches also where it is not compressed', async () => {
    await writeAll([]);
    const site = await served().serve({ precompressed: true });
    const answer = await raw(site, 'Accept-Encoding: br');
    expect(answer.split('\r\n\r\n')[1]).toBe('as it is');
    expect(answer).toMatch(/^vary: accept-encoding\r$/im);
    expect(answer).not.toMatch(/^content-encoding/im);
  });

  it('tells caches of origin and coding in one field', async () => {
    await writeAll();
    const site = await served().serve({ precompressed: true, cors: { origin: 'https://a.example' } });
    const answer = await raw(site, 'Accept-Encoding: br', 'Origin: https://a.example');
    expect(answer.match(/^vary: .*$/gim)).toEqual(['Vary: Origin, Accept-Encoding']);
  });

  it('is sent as it is unless asked for otherwise', async () => {
    await writeAll();
    const answer = await raw(await served().serve(), 'Accept-Encoding: br');
    expect(answer.split('\r\n\r\n')[1]).toBe('as it is');
    expect(answer).not.toMatch(/^vary/im);
  });

  it('is passed over where its form is past its deadline, and gone at its own', async () => {
    const { ns, clock } = served();
    await ns.write('app.js', 'as it is', { seconds: 20 });
    await ns.write('app.js.br', 'the form.br', { seconds: 10 });
    const site = await served().serve({ precompressed: true });
    const body = async (): Promise<string> =>
      (await raw(site, 'Accept-Encoding: br')).split('\r\n\r\n')[1] ?? '';
    expect(await body()).toBe('the form.br');
    clock.advance(10);
    expect(await body()).toBe('as it is');
    await ns.expire('app.js.br', 100);
    expect(await body()).toBe('the form.br');
    clock.advance(10);
    expect(await raw(site, 'Accept-Encoding: br')).toMatch(/^HTTP\/1.1 410 /);
  });

  it('is passed over where its form is that of a former version', async () => {
    const { ns } = served();
    if (!ns.getMeta().setTimes) return; // S3 tells when it was written, and no test can say otherwise.
    await writeAll(['.br']);
    await ns.setInfo('app.js.br', { modified: new Date(Date.now() - 10_000) });
    const site = await served().serve({ precompressed: true });
    expect((await raw(site, 'Accept-Encoding: br')).split('\r\n\r\n')[1]).toBe('as it is');
  });

  it('is not there when only its form is, and has a name of any length', async () => {
    const { ns } = served();
    await ns.write('app.js.br', 'the form.br');
    const long = 'n'.repeat(254);
    await ns.write(long, 'as it is');
    const site = await served().serve({ precompressed: true });
    expect(await raw(site, 'Accept-Encoding: br')).toMatch(/^HTTP\/1.1 404 /);
    const response = await site.fetch(`/files/ns/${long}`, { headers: { 'Accept-Encoding': 'br' } });
    expect([response.status, await response.text()]).toEqual([200, 'as it is']);
  });
});
