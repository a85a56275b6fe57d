/** Valid requests, and ways to spoil them byte by byte; from a seed, so that a run can be had again. */

/** A small generator of numbers (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (n) => Math.floor(next() * n), pick: (list) => list[Math.floor(next() * list.length)] };
}

const B = 'boundary-of-the-form';

function request(line, headers, body = '') {
  const bytes = Buffer.from(body);
  const length = bytes.length > 0 ? [`Content-Length: ${bytes.length}`] : [];
  const head = [`${line} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, ...length, '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n')), bytes]);
}

function form(parts) {
  const body = parts.map(
    ({ disposition, type = '', content }) =>
      `--${B}\r\nContent-Disposition: form-data; ${disposition}\r\n${type}\r\n${content}\r\n`,
  );
  return `${body.join('')}--${B}--\r\n`;
}

/** What is valid, of every route. */
export function validRequests({ signedRead, signedUpload }) {
  const multipart = [`Content-Type: multipart/form-data; boundary=${B}`];
  const json = ['Content-Type: application/json'];
  const file = {
    disposition: 'name="file"; filename="a.txt"',
    type: 'Content-Type: text/plain\r\n',
    content: 'hi',
  };
  return [
    request('GET /files/ns/read/ok.txt', []),
    request('HEAD /files/ns/read/a.png', []),
    request('GET /files/ns/read/a.png', ['Range: bytes=10-20', 'If-Range: "x"']),
    request('GET /files/ns/read/a.png', [
      'If-None-Match: "x", W/"y"',
      'If-Modified-Since: Tue, 24 Nov 2026 08:00:00 GMT',
    ]),
    request('GET /files/ns/read/ok.txt?download=a%20b.txt', ['Accept: application/json;q=0.5, */*']),
    request('GET /files/ns/read/?limit=10&cursor=YQ', ['Accept: application/json']),
    request(`GET ${signedRead}`, []),
    request('GET /files/ns/../../canary.txt', []),
    request('GET /files/ns/%2e%2e/private/canary.txt', []),
    request('GET /files/ns/read/up/canary.txt', []),
    request('OPTIONS /files/ns/read/ok.txt', [
      'Origin: https://app.example.com',
      'Access-Control-Request-Method: PUT',
    ]),
    request('PUT /files/ns/write/a.txt', ['Content-Type: text/plain'], 'replaced'),
    request('PUT /files/ns/write/b.txt?seconds=60', ['If-None-Match: *'], 'new'),
    request('DELETE /files/ns/write/a.txt', ['If-Match: "x"']),
    request('PATCH /files/ns/write/a.txt', json, '{"seconds":60,"days":1,"expires":true}'),
    request('PATCH /files/ns/write/a.txt', json, '{"__proto__":{"seconds":1},"seconds":5}'),
    request('POST /files/ns/write', multipart, form([file])),
    request(
      'POST /files/ns/write?timeout=60',
      multipart,
      form([
        { disposition: 'name="seconds"', content: '60' },
        { disposition: 'name="__proto__[polluted]"', content: 'yes' },
        file,
        { ...file, disposition: 'name="g[]"; filename="../../b.txt"' },
        { ...file, disposition: `name="h"; filename*=UTF-8''%c3%a4.txt` },
        {
          disposition: 'name="i"; filename=""',
          type: 'Content-Type: application/octet-stream\r\n',
          content: '',
        },
      ]),
    ),
    request(`POST ${signedUpload}`, multipart, form([file])),
    Buffer.concat([
      request('PUT /files/ns/write/c.txt', ['Transfer-Encoding: chunked']),
      Buffer.from('5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\n'),
    ]),
  ];
}

const INTERESTING = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '..',
  '../',
  '%2e%2e%2f',
  '%00',
  '%c0%af',
  '%u002e',
  '\\',
  '//',
  ';',
  ':',
  '"',
  '\\"',
  '=',
  '&',
  '?',
  '#',
  '%',
  '*',
  '--',
  `--${B}`,
  `--${B}--`,
  '\u202e',
  '\ufeff',
  '\ud83d\ude00',
  '\x7f',
  '\x80',
  '\xff',
  '__proto__',
  'constructor',
  '-1',
  '0',
  '1e999',
  '99999999999999999999',
  '0x10',
  'NaN',
  'bytes=-',
  'chunked',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Expect: 100-continue\r\n',
  'Content-Encoding: gzip\r\n',
  'filename="x"',
  "filename*=UTF-8''%ff",
  'name=',
  'A'.repeat(300),
  'A'.repeat(20_000),
].map((text) => Buffer.from(text, 'latin1'));

const MUTATIONS = [
  (b, r) => {
    const copy = Buffer.from(b);
    if (copy.length > 0) copy[r.below(copy.length)] ^= 1 << r.below(8);
    return copy;
  },
  (b, r) => splice(b, r.below(b.length + 1), 0, Buffer.of(r.below(256))),
  (b, r) => splice(b, r.below(b.length + 1), 0, r.pick(INTERESTING)),
  (b, r) => splice(b, r.below(b.length + 1), 1 + r.below(12), r.pick(INTERESTING)),
  (b, r) => splice(b, r.below(b.length + 1), 1 + r.below(40), Buffer.alloc(0)),
  (b, r) => {
    const at = r.below(b.length + 1);
    return splice(b, r.below(b.length + 1), 0, b.subarray(at, at + 1 + r.below(80)));
  },
  (b, r) => b.subarray(0, r.below(b.length + 1)),
];

function splice(bytes, at, drop, insert) {
  return Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + drop)]);
}

/** What comes after the head, with its length told rightly, so that what reads bodies gets its share. */
function spoilBody(bytes, split, r) {
  const head = bytes.subarray(0, split).toString('latin1');
  const body = mutated(bytes.subarray(split), r);
  const told = head.replace(/Content-Length: \d+/, `Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(told, 'latin1'), body]);
}

/** The path and the query, in characters that reach the service. */
function spoilTarget(bytes, r) {
  const end = bytes.indexOf(' HTTP/1.1');
  const begin = bytes.indexOf('/');
  const target = mutated(bytes.subarray(begin, end), r);
  const sendable = [...target].map((byte) =>
    byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`,
  );
  return Buffer.concat([bytes.subarray(0, begin), Buffer.from(sendable.join('')), bytes.subarray(end)]);
}

/** The value of one header field. */
function spoilHeader(bytes, split, r) {
  const lines = bytes
    .subarray(0, split - 4)
    .toString('latin1')
    .split('\r\n');
  const at = 1 + r.below(lines.length - 1);
  const [name, ...value] = lines[at].split(': ');
  const changed = mutated(Buffer.from(value.join(': '), 'latin1'), r).toString('latin1');
  lines[at] = `${name}: ${changed.replace(/[\0\r\n]/g, '')}`;
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes.subarray(split)]);
}

function mutated(bytes, r) {
  let result = bytes;
  for (let times = 1 + r.below(3); times > 0; times--) result = r.pick(MUTATIONS)(result, r);
  return result;
}

/** A spoiled request: mostly one part of it, so that the others lead it to where that part is read. */
export function spoiled(valid, r) {
  const bytes = r.pick(valid);
  const split = bytes.indexOf('\r\n\r\n') + 4;
  const hasBody = split < bytes.length;
  const kind = r.below(10);
  if (kind < 4 && hasBody) return spoilBody(bytes, split, r);
  if (kind < 7) return spoilTarget(bytes, r);
  if (kind < 9) return spoilHeader(bytes, split, r);
  const all = mutated(bytes, r);
  return r.below(10) === 0 ? Buffer.concat([all, r.pick(valid)]) : all;
}
