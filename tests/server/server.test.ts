/** The server around a stand-in for mayfly, which fails and answers as each test wants. */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FilesystemClosed, PermissionDenied, RemoteConnectionError } from '../../src/index.js';
import { silentLogger } from '../../src/logger/logger.js';
import type { OverdueFiles } from '../../src/mayfly.js';
import { Metrics } from '../../src/server/metrics.js';
import { startPurgeJob } from '../../src/server/purge-job.js';
import type { ServedMayfly } from '../../src/server/server.js';
import { createServer } from '../../src/server/server.js';

const open: Server[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

interface Given {
  token?: string;
  ready?: () => Promise<void>;
  handler?: ServedMayfly['handler'];
  overdue?: () => Promise<OverdueFiles>;
  isLeaving?: () => boolean;
  /** What mayfly throws when it is asked for namespaces or a filesystem. */
  failure?: Error;
  /** What the log throws when it is told of something. */
  logFailure?: Error;
}

/** Answers 200 to whatever it is asked to do, listing or else. */
const obliging: ServedMayfly['handler'] = (options) => async (req, res, next) => {
  const action = req.url?.endsWith('/') ? 'list' : req.method === 'GET' ? 'read' : 'upload';
  try {
    await options?.authorize?.(req as never, { action, namespace: 'demo', path: '' });
  } catch (error) {
    return next?.(error);
  }
  return void res.end('done');
};

const nothingOverdue = async (): Promise<OverdueFiles> => ({ count: 0, oldest: null });

async function serve({
  token,
  ready,
  handler = obliging,
  overdue = nothingOverdue,
  isLeaving,
  failure,
  logFailure,
}: Given = {}) {
  const metrics = new Metrics(overdue);
  const lines: Record<string, unknown>[] = [];
  const collect = (line: object, msg: string): void => {
    if (logFailure !== undefined) throw logFailure;
    lines.push({ ...line, msg });
  };
  const log = { ...silentLogger, info: collect, warn: collect, error: collect };
  const server = createServer({
    mayfly: {
      ready: ready ?? (async () => {}),
      handler,
      namespaces: async function* () {
        if (failure !== undefined) throw failure;
        yield* [];
      },
      getFilesystem: () => {
        throw failure ?? new Error('not asked for here');
      },
    },
    options: { token: token ?? null, delivery: undefined, limits: { maxFileSize: 1000, maxFiles: 2 } },
    metrics,
    log,
    ...(isLeaving === undefined ? {} : { isLeaving }),
  });
  open.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, metrics, lines };
}

const status = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;

describe('what fails below', () => {
  const LINK: RequestInit = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"namespace":"a","path":"b","timeout":5}',
  };

  it.each([
    ['the storage does not answer', new RemoteConnectionError('', {}), 503],
    ['the storage refuses us', new PermissionDenied('', {}), 503],
    ['the service closes', new FilesystemClosed(), 503],
    ['nobody knows what', new Error('secret'), 500],
  ])('is told where %s', async (_what, failure, expected) => {
    const { url } = await serve({ failure });
    for (const answer of [await fetch(`${url}/namespaces`), await fetch(`${url}/links`, LINK)]) {
      expect(answer.status).toBe(expected);
      expect(answer.headers.get('retry-after')).toBe(expected === 503 ? '5' : null);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(await answer.text()).not.toContain('secret');
    }
  });
});

describe('health', () => {
  it('is the process on /healthz, whatever the storage says', async () => {
    const { url } = await serve({ ready: () => Promise.reject(new Error('no disk')) });
    expect(await status(`${url}/healthz`)).toBe(200);
  });

  it('tells on /readyz that the program is about to stop', async () => {
    let leaving = false;
    const { url } = await serve({ isLeaving: () => leaving });
    expect(await status(`${url}/readyz`)).toBe(200);
    leaving = true;
    expect(await status(`${url}/readyz`)).toBe(503);
    expect(await status(`${url}/healthz`)).toBe(200);
  });

  it('is asked anew each time on /readyz, and says nothing of the reason', async () => {
    let fault: Error | null = null;
    const { url } = await serve({
      ready: () => (fault === null ? Promise.resolve() : Promise.reject(fault)),
    });
    expect(await status(`${url}/readyz`)).toBe(200);
    fault = new Error('/secret/path is gone');
    const refused = await fetch(`${url}/readyz`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toBe('5');
    expect(refused.headers.get('Content-Type')).toBe('application/problem+json');
    expect(await refused.text()).not.toContain('secret');
    fault = null;
    expect(await status(`${url}/readyz`)).toBe(200);
  });
});

describe('with a token', () => {
  const authorization = { Authorization: 'Bearer secret' };

  it.each([
    ['GET', '/', 200],
    ['GET', '/healthz', 200],
    ['GET', '/readyz', 200],
    ['GET', '/files/demo/a.txt', 200],
    ['GET', '/files/demo/', 401],
    ['GET', '/metrics', 200],
    ['POST', '/files/demo', 401],
    ['PUT', '/files/demo/a.txt', 401],
    ['PATCH', '/files/demo/a.txt', 401],
    ['DELETE', '/files/demo/a.txt', 401],
  ])('%s %s is %i without it, and served with it', async (method, path, expected) => {
    const { url } = await serve({ token: 'secret' });
    const refused = await fetch(url + path, { method });
    expect(refused.status).toBe(expected);
    if (expected === 401) {
      expect(refused.headers.get('WWW-Authenticate')).toBe('Bearer realm="mayfly"');
      expect(await refused.json()).toMatchObject({ title: 'Unauthorized', status: 401 });
      expect(await status(url + path, { method, headers: { Authorization: 'Bearer other' } })).toBe(401);
    }
    expect(await status(url + path, { method, headers: authorization })).toBe(200);
  });
});

describe('a client that waits for "100 Continue"', () => {
  async function ask(url: string, headers: Record<string, string>) {
    const req = request(`${url}/files/demo`, {
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': 4, ...headers },
    });
    let continued = false;
    req.on('continue', () => {
      continued = true;
      req.end('body');
    });
    req.flushHeaders();
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    req.destroy();
    return { status: res.statusCode, continued };
  }

  it('is told to go on only when it may', async () => {
    const { url } = await serve({ token: 'secret' });
    expect(await ask(url, {})).toEqual({ status: 401, continued: false });
    expect(await ask(url, { Authorization: 'Bearer secret' })).toEqual({ status: 200, continued: true });
  });
});

describe('a request in absolute form, as a proxy sends it', () => {
  it.each([
    ['http://localhost/healthz?now', 200],
    ['http://localhost', 200],
    ['http://localhost/nothing', 404],
  ])('%s is %i', async (path, expected) => {
    const { url } = await serve();
    const req = request(url, { path }).end();
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    res.resume();
    expect(res.statusCode).toBe(expected);
  });
});

describe('without a token', () => {
  it('serves tools, and refuses pages of other sites', async () => {
    const { url } = await serve();
    const upload = { method: 'POST', body: 'x' };
    expect(await status(`${url}/files/demo`, upload)).toBe(200);
    const refused = await fetch(`${url}/files/demo`, {
      ...upload,
      headers: { Origin: 'http://evil.example' },
    });
    expect(refused.status).toBe(403);
    expect(refused.headers.get('Content-Type')).toBe('application/problem+json');
  });
});

describe('metrics', () => {
  it('count the uploads that are being received', async () => {
    let finish = (): void => {};
    let begun = (): void => {};
    const received = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const handler: ServedMayfly['handler'] = () => (_req, res) => {
      finish = () => res.end('stored');
      begun();
    };
    const { url } = await serve({ handler });
    const uploads = async () =>
      /^mayfly_uploads_in_flight (\d+)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1];
    expect(await uploads()).toBe('0');
    const upload = fetch(`${url}/files/demo/a.txt`, { method: 'PUT', body: 'x' });
    await received;
    expect(await uploads()).toBe('1');
    finish();
    await (await upload).text();
    expect(await uploads()).toBe('0');
  });

  it('count requests by route class, known method and status, never by path', async () => {
    const { url } = await serve();
    await fetch(`${url}/files/demo/one.txt`);
    await fetch(`${url}/files/demo/two.txt`);
    await fetch(`${url}/files/demo/two.txt`, { method: 'PROPFIND' });
    await fetch(`${url}/nothing/here`);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('mayfly_http_requests_total{route="files",method="GET",status="200"} 2');
    expect(text).toContain('mayfly_http_requests_total{route="files",method="other",status="200"} 1');
    expect(text).toContain('mayfly_http_requests_total{route="page",method="GET",status="404"} 1');
    expect(text).toMatch(/^process_resident_memory_bytes /m);
    expect(text).not.toMatch(/two\.txt|nothing/);
  });

  it('tell what purges did', async () => {
    const { url, metrics } = await serve();
    const report = { removed: 3, missing: 2, failed: 1, kept: 0, durationMs: 500, failures: [] };
    const reports = [async () => report, async () => Promise.reject(new Error('no disk'))];
    const run = () =>
      startPurgeJob({ expireObjects: () => reports.shift()!() }, '0 0 1 1 *', metrics, silentLogger);
    // Each job purges once as it starts.
    const jobs = [run(), run()];
    while (reports.length > 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    for (const job of jobs) await job.stop();
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('mayfly_purged_files_total{outcome="removed"} 3');
    expect(text).toContain('mayfly_purged_files_total{outcome="missing"} 2');
    expect(text).toContain('mayfly_purges_total{result="done"} 1');
    expect(text).toContain('mayfly_purges_total{result="failed"} 1');
    expect(text).toContain('mayfly_purged_total 3');
    expect(text).toContain('mayfly_purge_failures_total 1');
    expect(text).toMatch(/^mayfly_purge_last_run_timestamp_seconds [1-9]/m);
  });

  it('tell what is overdue, so that somebody can be woken', async () => {
    const answers = [
      async () => ({ count: 7, oldest: new Date(Date.now() - 3_600_000) }),
      async () => ({ count: 0, oldest: null }),
      async () => Promise.reject(new Error('no store')),
    ];
    const { url } = await serve({ overdue: () => answers.shift()!() });
    const scrape = async () => (await fetch(`${url}/metrics`)).text();
    const some = await scrape();
    expect(some).toContain('mayfly_overdue_files 7');
    expect(Number(/^mayfly_oldest_overdue_seconds (\S+)/m.exec(some)?.[1])).toBeGreaterThanOrEqual(3600);
    expect(await scrape()).toMatch(/mayfly_overdue_files 0[\s\S]*mayfly_oldest_overdue_seconds 0/);
    expect(await scrape()).toMatch(/mayfly_overdue_files Nan[\s\S]*mayfly_oldest_overdue_seconds Nan/i);
  });
});

describe('the log', () => {
  it('keeps nobody from an answer when it fails', async () => {
    const failure = new Error('a bug');
    const handler: ServedMayfly['handler'] = () => (_req, _res, next) => next?.(failure);
    const { url } = await serve({ handler, failure, logFailure: new Error('no space for the log') });
    const signal = AbortSignal.timeout(5_000);
    expect(await status(`${url}/namespaces`, { signal })).toBe(500);
    expect(await status(`${url}/files/demo/a.txt`, { signal })).toBe(500);
    expect(await status(`${url}/healthz`, { signal })).toBe(200);
  });

  it('takes over the id of a proxy in front, if it is one', async () => {
    const { url } = await serve();
    const idFor = async (id: string) =>
      (await fetch(`${url}/healthz`, { headers: { 'X-Request-Id': id } })).headers.get('X-Request-Id');
    expect(await idFor('0123456789abcdef')).toBe('0123456789abcdef');
    expect(await idFor('short')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor(`{"forged": true} ${'x'.repeat(20)}`)).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('has one line for a request, without its query', async () => {
    const { url, lines } = await serve();
    const answer = await fetch(`${url}/files/demo/a.txt?signature=secret`);
    await answer.text();
    await fetch(`${url}/healthz`);
    expect(lines[0]).toMatchObject({ msg: 'request', method: 'GET', path: '/files/demo/a.txt', status: 200 });
    expect(lines[0]?.id).toBe(answer.headers.get('X-Request-Id'));
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('tells of what failed by name and code alone', async () => {
    const failure = (): Error =>
      Object.assign(new Error("EACCES: open '/srv/secret/files'"), { code: 'EACCES', syscall: 'open' });
    const failed = {
      ready: () => Promise.reject(failure()),
      handler: () => (_req, _res, next) => next?.(failure()),
    } satisfies Given;
    const { url, lines } = await serve(failed);
    expect(await status(`${url}/readyz`)).toBe(503);
    expect(await status(`${url}/files/demo/a.txt?signature=secret`)).toBe(500);
    expect(await status(`${url}/namespaces`)).toBe(200);
    const errors = lines.filter((line) => 'err' in line);
    expect(errors.map(({ msg }) => msg)).toEqual(['not ready', 'file service failed']);
    for (const { err } of errors) {
      expect({ ...(err as object) }).toEqual({ name: 'Error', code: 'EACCES', syscall: 'open' });
    }
    expect(inspect(lines, { depth: 9, showHidden: true })).not.toContain('secret');
  });
});

describe('the page', () => {
  it('is served with a policy that leaves nothing to inline scripts, other hosts or frames', async () => {
    const { url } = await serve();
    const page = await fetch(`${url}/`);
    expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('Content-Security-Policy')).toMatch(
      /^default-src 'self';.*frame-ancestors 'none'/,
    );
    expect(page.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(page.headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(await page.text()).not.toMatch(/<script>|\sstyle=|\son[a-z]+=/);
  });

  it.each([
    ['GET', '/nothing', 404],
    ['GET', '/%2e%2e/package.json', 404],
    ['GET', '/%', 404],
    ['POST', '/', 405],
  ])('%s %s is %i', async (method, path, expected) => {
    const { url } = await serve();
    const answer = await fetch(url + path, { method });
    expect(answer.status).toBe(expected);
    expect(await answer.json()).toMatchObject({ status: expected });
  });
});

describe('an error of the file service', () => {
  const failing: ServedMayfly['handler'] = () => (_req: IncomingMessage, _res: ServerResponse, next) =>
    next?.(new Error('/secret/path'));

  it('is a 500 that tells nothing', async () => {
    const { url } = await serve({ handler: failing });
    const answer = await fetch(`${url}/files/demo/a`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
  });
});
