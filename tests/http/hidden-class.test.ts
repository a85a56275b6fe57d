import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import express from 'express';
import request from 'supertest';
import { shareHiddenClass } from '../../src/http/hidden-class.js';
import type { Mayfly } from '../../src/index.js';
import { createMayfly } from '../../src/index.js';

setFlagsFromString('--allow-natives-syntax');
const haveSameClass: (a: object, b: object) => boolean = runInNewContext('(a, b) => %HaveSameMap(a, b)');

describe('what Express has prepared', () => {
  let mayfly: Mayfly;
  let met: { req: Request; res: Response }[];
  let app: express.Express;

  beforeEach(async () => {
    met = [];
    mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    await mayfly.getFilesystem('ns').write('a.txt', 'a');
    app = express();
    app.use((req, res, next) => {
      met.push({ req, res });
      next();
    });
    app.use('/files', mayfly.router());
  });
  afterEach(() => mayfly.close());

  it('has a hidden class in common once the router has met it', async () => {
    for (let i = 0; i < 20; i++) await request(app).get('/files/ns/a.txt').expect(200, 'a');
    const inCommon = met.filter(({ req, res }, i) => {
      const before = met[i - 1];
      return before !== undefined && haveSameClass(req, before.req) && haveSameClass(res, before.res);
    });
    // V8 remembers the class in a small cache, from which others may push it now and then.
    expect(inCommon.length).toBeGreaterThanOrEqual(10);
  });

  it('keeps all that it had', async () => {
    const before: object[] = [];
    const after: object[] = [];
    const whole = ({ req, res }: { req: Request; res: Response }): object => ({
      req: { ...req },
      res: { ...res },
    });
    app = express();
    app.use((req, res, next) => {
      before.push(whole({ req, res }));
      shareHiddenClass(req, res);
      after.push(whole({ req, res }));
      expect(req.res).toBe(res);
      expect(res.req).toBe(req);
      next();
    });
    app.use('/files', mayfly.router());
    await request(app).get('/files/ns/a.txt').expect(200, 'a');
    expect(after).toEqual(before);
  });
});
