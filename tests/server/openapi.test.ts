/** The OpenAPI description, held against what the program really answers. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Unsupported } from '../../src/errors/errors.js';
import { answerTo } from '../../src/http/error-response.js';
import { Program } from './program.js';

interface Operation {
  operationId: string;
  security?: object[];
  requestBody?: object;
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

interface Description {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

const TOKEN = 'a-token-of-the-openapi-test';
const ROOT = '/files';

describe('/openapi.json', () => {
  let program: Program;
  let url: string;
  let description: Description;
  let ajv: Ajv2020;
  /** Operations and statuses that have been seen to answer as described. */
  const seen = new Set<string>();

  beforeAll(async () => {
    ({ program, url } = await Program.start({ MAYFLY_TOKEN: TOKEN, MAYFLY_MAX_FILE_SIZE: '1000' }));
    description = (await (await fetch(`${url}/openapi.json`)).json()) as Description;
    ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(description, 'description');
  });

  afterAll(() => program?.dispose());

  /** Ask, and hold the answer against what is said of it. */
  async function ask(template: string, method: string, at: string, init: RequestInit = {}, token = true) {
    const headers = new Headers(init.headers);
    if (token) headers.set('Authorization', `Bearer ${TOKEN}`);
    const response = await fetch(`${url}${at}`, {
      redirect: 'manual',
      ...init,
      headers,
      method: method.toUpperCase(),
    });
    const operation = description.paths[template]?.[method];
    const described = operation?.responses[String(response.status)];
    if (operation === undefined || described === undefined) {
      throw new Error(`${method} ${template} answers ${response.status}, of which nothing is said`);
    }
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    const content = described.content;
    const text = await response.text();
    if (content !== undefined && !('*/*' in content)) {
      expect(Object.keys(content)).toContain(type);
      if (type.endsWith('json')) {
        const pointer = [template, method, 'responses', String(response.status), 'content', type, 'schema']
          .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
          .map(encodeURIComponent)
          .join('/');
        const validate = ajv.compile({ $ref: `description#/paths/${pointer}` });
        expect({ valid: validate(JSON.parse(text)), errors: validate.errors }).toEqual({
          valid: true,
          errors: null,
        });
      }
    }
    seen.add(`${operation.operationId} ${response.status}`);
    return { status: response.status, headers: response.headers, text };
  }

  it('is OpenAPI 3.1, with operations that have names of their own', () => {
    expect(description.openapi).toMatch(/^3\.1\./);
    const ids = Object.values(description.paths).flatMap((path) =>
      Object.values(path).flatMap((operation) =>
        operation.operationId === undefined ? [] : [operation.operationId],
      ),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(11);
  });

  it('tells of the refusals that the reference tells of', async () => {
    const reference = await readFile(new URL('../../docs/HTTP.md', import.meta.url), 'utf8');
    const documented = [...reference.matchAll(/^\| (\d{3}) \|/gm)].map(([, status]) => status);
    const files = Object.entries(description.paths).filter(([path]) => path.startsWith(`${ROOT}/`));
    const operations = files
      .flatMap(([, path]) => Object.values(path))
      .filter(({ operationId }) => operationId);
    const described = new Set(operations.flatMap(({ responses }) => Object.keys(responses)));
    described.delete('401'); // Of the program, which has a token.
    expect([...described].filter((status) => status >= '400').sort()).toEqual(documented);
    const lacking = String(answerTo(new Unsupported('a')).status);
    for (const { requestBody, responses } of operations) {
      expect(Object.keys(responses)).toContain(lacking);
      expect('408' in responses).toBe(requestBody !== undefined);
    }
  });

  it('holds schemas that are JSON Schema', () => {
    for (const schema of Object.values(description.components.schemas))
      expect(ajv.validateSchema(schema)).toBe(true);
  });

  it('is kept by what files are answered', async () => {
    const FILE = `${ROOT}/{namespace}/{path}`;
    const at = `${ROOT}/ns/a.txt`;
    const body = 'hello';
    await ask(FILE, 'put', at, { body });
    const { headers } = await ask(FILE, 'put', `${at}?seconds=600`, { body });
    await ask(FILE, 'put', at, { body, headers: { 'If-None-Match': '*' } });
    await ask(FILE, 'put', at, { body: 'x'.repeat(2000) });
    await ask(FILE, 'put', `${at}?seconds=soon`, { body });
    await ask(FILE, 'put', at, { body }, false);
    await ask(FILE, 'get', at);
    await ask(FILE, 'get', at, { headers: { Range: 'bytes=0-1' } });
    await ask(FILE, 'get', at, { headers: { Range: 'bytes=10-' } });
    const { headers: got } = await ask(FILE, 'get', at);
    await ask(FILE, 'get', at, { headers: { 'If-None-Match': got.get('etag') ?? '' } });
    await ask(FILE, 'get', `${ROOT}/ns/none.txt`);
    const json = { 'Content-Type': 'application/json' };
    await ask(FILE, 'patch', at, { headers: json, body: '{"days":1}' });
    await ask(FILE, 'patch', at, { headers: json, body: '{}' });
    await ask(FILE, 'patch', at, { body: 'x' });
    await ask(FILE, 'patch', `${ROOT}/ns/none.txt`, { headers: json, body: '{"days":1}' });
    await ask(FILE, 'patch', at, { headers: json, body: '{"seconds":0}' });
    await ask(FILE, 'get', at);
    await ask(FILE, 'delete', at);
    await ask(FILE, 'delete', at);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'put 201',
        'put 200',
        'put 412',
        'put 413',
        'put 400',
        'put 401',
        'read 200',
        'read 206',
        'read 416',
        'read 304',
        'read 404',
        'read 410',
        'expire 200',
        'expire 400',
        'expire 415',
        'expire 404',
        'remove 204',
        'remove 404',
      ]),
    );
  });

  it('is kept by what forms, listings and links are answered', async () => {
    const FORM = `${ROOT}/{namespace}`;
    const LIST = `${ROOT}/{namespace}/`;
    const form = new FormData();
    form.append('file', new Blob(['one']), 'one.txt');
    form.append('file', new Blob(['two']), 'two.txt');
    await ask(FORM, 'post', `${ROOT}/forms?days=1`, { body: form });
    await ask(FORM, 'post', `${ROOT}/forms`, { body: new FormData() });
    await ask(FORM, 'post', `${ROOT}/forms`, { body: 'x' });
    await ask(FORM, 'post', `${ROOT}/forms`, { body: form }, false);
    const headers = { Accept: 'application/json' };
    const { text } = await ask(LIST, 'get', `${ROOT}/forms/?limit=1`, { headers });
    expect((JSON.parse(text) as { cursor: string | null }).cursor).not.toBeNull();
    await ask(LIST, 'get', `${ROOT}/forms/?limit=0`, { headers });
    await ask(LIST, 'get', `${ROOT}/forms/`, { headers }, false);
    await ask('/namespaces', 'get', '/namespaces');
    await ask('/namespaces', 'get', '/namespaces', {}, false);
    const link = (body: object) => ({
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });
    await ask('/links', 'post', '/links', link({ namespace: 'forms', path: 'one.txt', timeout: 60 }));
    await ask('/links', 'post', '/links', link({ namespace: '..', path: 'one.txt', timeout: 60 }));
    await ask('/links', 'post', '/links', link({ namespace: 'forms', path: 'one.txt', timeout: 0 }));
    await ask('/links', 'post', '/links', link({ namespace: 'forms', path: 'one.txt', timeout: 60 }), false);
    for (const name of ['healthz', 'readyz', 'metrics']) await ask(`/${name}`, 'get', `/${name}`);
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'upload 201',
        'upload 400',
        'upload 415',
        'upload 401',
        'list 200',
        'list 400',
        'list 401',
        'namespaces 200',
        'namespaces 401',
        'link 200',
        'link 400',
        'link 401',
        'healthz 200',
        'readyz 200',
        'metrics 200',
      ]),
    );
  });
});
