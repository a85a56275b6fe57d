import { expect, it } from '@jest/globals';
import { FORM_TYPE, rawForm } from '../support/http.js';
import { describeServed, EVERYTHING } from '../support/http-mayfly.js';

const LAST = 'GET /files/ns/f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const FORM = rawForm([{ disposition: 'name="f"; filename="a"', type: 'text/plain', body: 'x' }]).toString(
  'latin1',
);

describeServed('a connection', (served) => {
  it.each([
    ['GET /files/ns/missing HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ['GET /files/ns/f HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 200],
    ['GET /files/ns/missing HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 404],
    ['HEAD /files/ns/missing HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ['HEAD /files/ns/f HTTP/1.1\r\nHost: x\r\n\r\n', 200],
    ['OPTIONS /files/ns/f HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 204],
    ['PROPFIND /files/ns/f HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 405],
    ['DELETE /files/ns/missing HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 404],
    ['PUT /files/ns/a/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 400],
    [`PUT /files/ns/a/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`, 400],
    ['PUT /files/ns/f HTTP/1.1\r\nHost: x\r\nIf-Match: "x"\r\nContent-Length: 4\r\n\r\nbody', 412],
    ['PUT /files/ns/f HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 200],
    ['PATCH /files/ns/f HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 415],
    ['POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody', 415],
    [
      `POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: 4\r\n\r\nbody`,
      400,
    ],
    [
      `POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: ${FORM.length}\r\n\r\n${FORM}`,
      201,
    ],
  ])('%.60j is %i, and the next request on it is answered', async (first, status) => {
    await served().ns.write('f', 'the file');
    const site = await served().serve(EVERYTHING);
    const answers = await site.raw(first, LAST);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, 'HTTP/1.1 200']);
  });

  it.each([
    ['PUT /files/ns/a/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['PUT /files/ns/big HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n', 413],
    ['POST /files/ns HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n', 415],
  ])('%.60j is refused at once with %i, and closed', async (head, status) => {
    const site = await served().serve();
    const answer = await site.raw(head);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/^Connection: close\r$/m);
    expect(answer).toContain(`"status":${status}`);
  });

  it('that floods a refused upload still gets its answer', async () => {
    const site = await served().serve({ maxFileSize: 10 });
    const answer = await site.flood(
      'PUT /files/ns/a HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(await served().leftovers()).toEqual([]);
  });

  it("that takes a proxy's absolute form is served", async () => {
    await served().ns.write('f', 'x');
    const site = await served().serve();
    const answer = await site.raw(LAST.replace('/files', 'http://example.com/files'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});
