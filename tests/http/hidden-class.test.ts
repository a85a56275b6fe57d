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
    mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' }, purge: false });
    await mayfly.getFilesystem('ns').write('a.txt', 'a');
    prepare();
  });
  afterEach(() => mayfly.close());

  /** A new app, with prototypes of its own. */
  function prepare(): void {
    met = [];
    app = express();
    app.use((req, res, next) => {
      met.push({ req, res });
      next();
    });
    app.use('/files', mayfly.router());
  }

  /** How many of twenty requests, and their responses, have the class of those before. */
  async function countInCommon(): Promise<number> {
    for (let i = 0; i < 20; i++) await request(app).get('/files/ns/a.txt').expect(200, 'a');
    const inCommon = met.filter(({ req, res }, i) => {
      const before = met[i - 1];
      return before !== undefined && haveSameClass(req, before.req) && haveSameClass(res, before.res);
    });
    return inCommon.length;
  }

  it('has a hidden class in common once the router has met it', async () => {
    // V8 remembers the class in a cache of 64 places, by the prototype. Two may have one place, and push each other
    // out again and again: so a few apps are tried.
    let most = 0;
    for (let apps = 0; apps < 8 && most < 10; apps++) {
      prepare();
      most = Math.max(most, await countInCommon());
    }
    expect(most).toBeGreaterThanOrEqual(10);
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
