import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { RouterOptions } from '../../src/index.js';
import { FORM_TYPE, rawForm, type Site } from '../support/http.js';
import { describeServed } from '../support/http-mayfly.js';
import { PNG } from '../support/samples.js';

/** So long a client waits for an answer. One that never comes is then told as such, and nothing hangs. */
const PATIENCE_MS = 5_000;
const PIECE = Buffer.alloc(1024, 'text, ');

const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

/**
 * Send a body piece by piece, each in a turn of its own, and leave its end out.
 * @returns the status, or that there was no answer
 */
async function sendUnended(site: Site, head: string, pieces: readonly Buffer[]): Promise<string> {
  const socket = connect(site.port, '127.0.0.1').setNoDelay();
  socket.on('error', () => undefined); // What came before counts.
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  const answer = once(socket, 'data', { signal: deadline }).then(
    ([data]) => String(data).slice(0, 'HTTP/1.1 xxx'.length),
    () => 'no answer',
  );
  socket.write(`${head}\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (const piece of pieces) {
    await sleep(2);
    socket.write(chunk(piece));
  }
  const status = await answer;
  socket.destroy();
  return status;
}

function formPieces(type: string, body: readonly Buffer[]): Buffer[] {
  const form = rawForm([{ disposition: 'name="f"; filename="a.png"', type, body: '|' }]);
  const begun = form.subarray(0, form.indexOf('|\r\n'));
  return [begun, ...body];
}

const WAYS: [string, string, (body: readonly Buffer[]) => Buffer[]][] = [
  ['PUT', 'PUT /files/ns/a.png HTTP/1.1', (body) => [...body]],
  ['form', `POST /files/ns HTTP/1.1\r\nContent-Type: ${FORM_TYPE}`, (body) => formPieces('image/png', body)],
];

describeServed('an upload that comes in pieces', (served) => {
  const allow: RouterOptions['allow'] = ['read', 'upload'];
  const many = (first: Buffer): Buffer[] => [first, ...Array.from({ length: 19 }, () => PIECE)];

  it.each(WAYS)('is refused by what it is before its end (%s)', async (_, head, pieces) => {
    const site = await served().serve({ allow, accept: ['image/*'] });
    expect(await sendUnended(site, head, pieces(many(PIECE)))).toBe('HTTP/1.1 415');
    expect(await served().leftovers()).toEqual([]);
  });

  it.each(WAYS)('is refused by its size before its end (%s)', async (_, head, pieces) => {
    const site = await served().serve({ allow, maxFileSize: 10 * PIECE.length });
    expect(await sendUnended(site, head, pieces(many(PIECE)))).toBe('HTTP/1.1 413');
    expect(await served().leftovers()).toEqual([]);
  });

  it.each(WAYS)('is refused by its size where it is looked at what it is (%s)', async (_, head, pieces) => {
    const site = await served().serve({ allow, accept: ['image/*'], maxFileSize: 10 * PIECE.length });
    expect(await sendUnended(site, head, pieces(many(PNG)))).toBe('HTTP/1.1 413');
    expect(await served().leftovers()).toEqual([]);
  });
});
