/** Middleware that takes the place of the response's methods, as compression and morgan do. */
import { createGzip } from 'node:zlib';
import { expect, it } from '@jest/globals';
import type { NextFunction, Request, Response } from 'express';
import express from 'express';
import { Site } from '../support/http.js';
import { describeServed } from '../support/http-mayfly.js';

/** What compression does: chunks are kept for later, callbacks forgotten, and fields looked for in an object. */
function gzip(_request: Request, response: Response, next: NextFunction): void {
  const coder = createGzip();
  const { write, end, writeHead } = response;
  response.writeHead = ((status: number, fields: Record<string, string>) => {
    expect(Array.isArray(fields)).toBe(false);
    const { 'Content-Length': _length, ...rest } = fields;
    return writeHead.call(response, status, { ...rest, 'Content-Encoding': 'gzip' } as never);
  }) as typeof response.writeHead;
  response.write = ((chunk: Buffer) => coder.write(chunk)) as typeof response.write;
  response.end = ((chunk?: Buffer) => {
    coder.end(chunk);
    return response;
  }) as typeof response.end;
  coder.on('data', (chunk: Buffer) => {
    if (!write.call(response, chunk, 'latin1')) {
      coder.pause();
      response.once('drain', () => coder.resume());
    }
  });
  coder.on('drain', () => response.emit('drain'));
  coder.on('end', () => (end as () => void).call(response));
  next();
}

describeServed('behind middleware that compresses', (served) => {
  it.each([0, 10, 100_000, 3_000_000])('%i bytes arrive as they are', async (size) => {
    const { mayfly, ns } = served();
    const content = Buffer.from(Array.from({ length: size }, (_, i) => (i * i) % 251));
    await ns.write('f.txt', content);
    const router = mayfly.router(ns.getMeta().network ? { delivery: 'proxy' } : {});
    const site = await Site.open(express().use(gzip).use('/files', router));
    const response = await site.fetch('/files/ns/f.txt');
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, 'gzip']);
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    await site.close();
  });
});
