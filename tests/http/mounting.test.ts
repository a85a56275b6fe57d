import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import express from 'express';
import request from 'supertest';
import type { Mayfly } from '../../src/index.js';
import { createMayfly, InvalidOptions } from '../../src/index.js';
import { PNG } from '../support/samples.js';

let mayfly: Mayfly;

beforeEach(async () => {
  mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
  await mayfly.getFilesystem('ns').write('d/f.txt', 'hello');
});

afterEach(() => mayfly.close());

const EVERYTHING = { allow: ['read', 'list', 'upload', 'replace', 'remove', 'expire'] } as const;

async function readToEnd(incoming: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of incoming);
  return true;
}

const readFirst: RequestHandler = async (incoming, _response, next) => {
  await readToEnd(incoming);
  next();
};

describe('the router in Express', () => {
  it.each(['/files', '/', '/a/:b/c'])('serves right below %s', async (mount) => {
    const app = express().use(mount, mayfly.router(EVERYTHING));
    const base = mount.replace(':b', 'x').replace(/\/$/, '');
    await request(app).get(`${base}/ns/d/f.txt`).expect(200, 'hello');
    await request(app).head(`${base}/ns/d/f.txt?x`).expect(200);
    await request(app).get(`${base}/ns/`).set('Accept', 'application/json').expect(200);
    await request(app).post(`${base}/ns`).attach('file', Buffer.from('x'), 'a b.txt').expect(201);
    await request(app).put(`${base}/ns/p`).send('x').expect(201);
    await request(app).patch(`${base}/ns/p`).send({ seconds: 60 }).expect(200);
    await request(app).delete(`${base}/ns/p`).expect(204);
    await request(app).get(`${base}/ns/p`).expect(404);
    await request(app).get(`${base}/ns/%E0%A4`).expect(400);
  });

  it('serves in a router in a router', async () => {
    const inner = express.Router().use('/inner', mayfly.router());
    await request(express().use('/outer', inner)).get('/outer/inner/ns/d/f.txt').expect(200, 'hello');
  });

  it('hands errors of authorize to the error handler', async () => {
    const app = express().use(
      '/files',
      mayfly.router({
        authorize: () => Promise.reject(Object.assign(new Error('login first'), { status: 401 })),
      }),
    );
    app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
      res.status(401).send(error.message);
    });
    await request(app).get('/files/ns/d/f.txt').expect(401, 'login first');
    await request(app).put('/files/ns/x').send('x').expect(401);
  });

  it('answers with problems of its own for the rest', async () => {
    const app = express().use('/files', mayfly.router());
    const { body, headers } = await request(app).get('/files/ns/missing').expect(404);
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing here.',
    });
    expect(headers['content-type']).toBe('application/problem+json');
  });

  it('refuses a body that other middleware has read, and stores nothing', async () => {
    const app = express().use(express.json(), express.raw({ type: () => true }));
    app.use('/files', mayfly.router(EVERYTHING));
    await request(app).put('/files/ns/a').type('text').send('hello').expect(400);
    await request(app).put('/files/ns/a').send({ hello: true }).expect(400);
    await request(app).post('/files/ns').attach('file', Buffer.from('x'), 'a').expect(400);
    await request(app).put('/files/ns/empty').expect(201);
    expect(await mayfly.getFilesystem('ns').listDir('')).toEqual(['d', 'empty']);
  });

  it.each(['utf8', 'latin1', 'hex'] as const)(
    'refuses a body that is read as text (%s)',
    async (encoding) => {
      const app = express().use((incoming: Request, _response: Response, next: NextFunction) => {
        incoming.setEncoding(encoding);
        next();
      });
      app.use('/files', mayfly.router(EVERYTHING));
      for (const body of ['ascii', 'h\u00e9 \u20ac', PNG]) {
        const type = 'application/octet-stream';
        const { text } = await request(app).put('/files/ns/a').type(type).send(body).expect(400);
        expect(text).toContain('setEncoding');
        await request(app).post('/files/ns').attach('file', Buffer.from(body), 'a').expect(400);
      }
      const { text } = await request(app).patch('/files/ns/d/f.txt').send({ seconds: 60 }).expect(400);
      expect(text).toContain('setEncoding');
      await request(app).put('/files/ns/empty').expect(201);
      expect(await mayfly.getFilesystem('ns').listDir('')).toEqual(['d', 'empty']);
    },
  );

  it('takes a PATCH that express.json has read', async () => {
    const app = express().use(express.json()).use('/files', mayfly.router(EVERYTHING));
    await request(app).patch('/files/ns/d/f.txt').send({ seconds: 60 }).expect(200);
    await request(app).patch('/files/ns/d/f.txt').send({ minutes: 60 }).expect(400);
  });

  it.each<[string, () => RequestHandler[]]>([
    ['other middleware has read', () => [readFirst, mayfly.router(EVERYTHING)]],
    [
      'other middleware has read where express.json() took nothing',
      () => [express.json({ type: 'text/json' }), readFirst, mayfly.router(EVERYTHING)],
    ],
    ['authorize has read', () => [mayfly.router({ ...EVERYTHING, authorize: readToEnd })]],
  ])('refuses a PATCH whose body %s, and sets no deadline', async (_what, handlers) => {
    const app = express().use(...handlers());
    const { text } = await request(app).patch('/ns/d/f.txt').send({ seconds: 60 }).expect(400);
    expect(text).toContain('mount mayfly before body parsers');
    expect(await mayfly.getFilesystem('ns').getExpiration('d/f.txt')).toBeNull();
  });

  it('puts active content in a sandbox whatever policy was set before', async () => {
    await mayfly.getFilesystem('ns').write('a.html', '<p>');
    const app = express().use((_req, res, next) => {
      res.set('Content-Security-Policy', "default-src 'self'");
      next();
    });
    app.use('/files', mayfly.router());
    await request(app).get('/files/ns/a.html').expect('Content-Security-Policy', 'sandbox');
  });

  it('is FilesystemClosed, 503, after close', async () => {
    const app = express().use('/files', mayfly.router());
    await mayfly.close();
    await request(app).get('/files/ns/d/f.txt').expect(503).expect('Retry-After', /^\d+$/);
  });

  it('refuses options that it does not know when it is made', () => {
    expect(() => mayfly.router({ maxFile: 1 } as object)).toThrow(InvalidOptions);
    expect(() => mayfly.handler({ maxFile: 1 } as object)).toThrow(InvalidOptions);
  });
});

describe('the handler on node:http', () => {
  it('serves what is under urlRoot', async () => {
    await request(mayfly.handler()).get('/files/ns/d/f.txt').expect(200, 'hello');
    await request(mayfly.handler()).get('/filesystem/ns/d/f.txt').expect(404);
    await request(mayfly.handler()).get('/ns/d/f.txt').expect(404);
  });

  it('leaves the rest to next', async () => {
    const handler = mayfly.handler();
    const listener: typeof handler = (req, res) => {
      handler(req, res, (error) => res.end(error === undefined ? 'next' : 'error'));
    };
    await request(listener).get('/elsewhere').expect(200, 'next');
    await request(listener).get('/files/ns/missing').expect(404);
    await request(listener).get('/files/ns/d/f.txt').expect(200, 'hello');
  });

  it('serves under a root that needs encoding, and under none', async () => {
    for (const urlRoot of ['/däteien', 'https://cdn.example.com/']) {
      const other = createMayfly({ storage: { type: 'memoryfs', urlRoot }, purge: false });
      const ns = other.getFilesystem('ns');
      await ns.write('f.txt', 'x');
      const url = new URL(await ns.getUrl('f.txt'), 'http://localhost').pathname;
      await request(other.handler()).get(url).expect(200, 'x');
      await other.close();
    }
  });
});
