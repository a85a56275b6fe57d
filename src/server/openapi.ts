/**
 * The HTTP interface in OpenAPI 3.1, from the schemas that the service itself
 * goes by. Served at `/openapi.json`.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  deadlineChangeSchema,
  entrySchema,
  fileSchema,
  pageSchema,
  problemSchema,
  uploadSchema,
} from '../http/schemas.js';
import { FILES_ROOT } from './config.js';
import { linkRequestSchema, linkSchema } from './links.js';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Responses = Record<string, Json>;

const SCHEMAS = {
  fileSchema,
  uploadSchema,
  entrySchema,
  pageSchema,
  deadlineChangeSchema,
  problemSchema,
  linkRequestSchema,
  linkSchema,
};

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string) => ({ 'application/json': { schema: ref(name) } });
const anyBytes = { '*/*': { schema: {} } };

const parameter = (name: string, place: 'path' | 'query' | 'header', schema: Json, description: string) => ({
  name,
  in: place,
  ...(place === 'path' ? { required: true } : {}),
  schema,
  description,
});

const NAMESPACE = parameter(
  'namespace',
  'path',
  { type: 'string', pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$' },
  'Name of the namespace.',
);
const PATH = parameter(
  'path',
  'path',
  { type: 'string' },
  'Path in the namespace. Slashes between its components are sent as they are, every component percent-encoded.',
);
const amount: Json = { type: 'number', minimum: 0 };
const LIFETIME = [
  parameter('seconds', 'query', amount, 'Seconds that the file lives; summed up with days.'),
  parameter('days', 'query', amount, 'Days of 24 hours that the file lives.'),
  parameter('timeout', 'query', amount, 'Seconds that the answered URL works, where URLs are signed.'),
];
const IF_MATCH = parameter(
  'If-Match',
  'header',
  { type: 'string' },
  'Only if the file has one of these tags.',
);

/** Descriptions of errors by status. */
const PROBLEMS: Record<number, string> = {
  400: 'A bad path, name, number or body.',
  401: 'A token is wanted.',
  403: 'Refused; of a signed URL also that it is over, or not as it was signed.',
  404: 'Nothing is there.',
  405: 'The action is off.',
  409: 'A file or directory is in the way.',
  410: 'The file is past its deadline.',
  412: 'A condition does not hold.',
  413: 'Over a limit.',
  415: 'A type of body that is not taken.',
  416: 'No such range.',
  503: 'The storage or the expiration store does not answer.',
  507: 'The disk is full.',
};

function responses(own: Responses, ...problems: number[]): Responses {
  const content = { 'application/problem+json': { schema: ref('Problem') } };
  const refused = problems.map((status) => [
    String(status),
    { description: PROBLEMS[status] ?? '', content },
  ]);
  return { ...own, ...(Object.fromEntries(refused) as Responses) };
}

const TOKEN: Json = [{}, { token: [] }];

const FILE_PATHS = {
  [`${FILES_ROOT}/{namespace}/`]: {
    parameters: [NAMESPACE],
    get: {
      operationId: 'list',
      summary: 'List a namespace, or (with its path and a slash at the end) a directory, page by page.',
      security: TOKEN,
      parameters: [
        parameter(
          'limit',
          'query',
          { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
          'Entries of a page.',
        ),
        parameter('cursor', 'query', { type: 'string' }, 'From the page before.'),
        parameter('Accept', 'header', { type: 'string', const: 'application/json' }, 'Asks for a listing.'),
      ],
      responses: responses(
        { 200: { description: 'A page.', content: json('Page') } },
        400,
        401,
        404,
        405,
        503,
      ),
    },
  },
  [`${FILES_ROOT}/{namespace}`]: {
    parameters: [NAMESPACE],
    post: {
      operationId: 'upload',
      summary: 'Upload the files of a form: all of them or none. Also to a directory, by its path.',
      security: TOKEN,
      parameters: [
        ...LIFETIME,
        parameter('filename', 'query', { type: 'string' }, 'Name for a single file.'),
      ],
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: {
              type: 'object',
              properties: { file: { type: 'array', items: { type: 'string', format: 'binary' } } },
            },
          },
        },
      },
      responses: responses(
        {
          201: {
            description: 'Stored.',
            headers: { Location: { schema: { type: 'string' }, description: 'URL of the first file.' } },
            content: json('Upload'),
          },
        },
        400,
        401,
        403,
        404,
        405,
        409,
        413,
        415,
        503,
        507,
      ),
    },
  },
  [`${FILES_ROOT}/{namespace}/{path}`]: {
    parameters: [NAMESPACE, PATH],
    get: {
      operationId: 'read',
      summary:
        'Read a file. HEAD as well. By a signed URL, which is taken as it was handed out: whatever is altered is 403.',
      security: [{}, { signature: [] }],
      parameters: [
        parameter(
          'download',
          'query',
          { type: 'string' },
          'Asks the browser to save the file, under this name if one is given.',
        ),
        parameter('expires', 'query', amount, 'Of a signed URL: when it ends, in seconds since the epoch.'),
        parameter(
          'type',
          'query',
          { type: 'string' },
          'Of a signed URL: the media type to serve the file as.',
        ),
        parameter('Range', 'header', { type: 'string' }, 'One range of bytes.'),
        parameter('If-None-Match', 'header', { type: 'string' }, '304 if the file has one of these tags.'),
      ],
      responses: responses(
        {
          200: {
            description: 'The file.',
            headers: {
              ETag: { schema: { type: 'string' } },
              Sunset: { schema: { type: 'string' }, description: 'When the file is gone (RFC 8594).' },
            },
            content: anyBytes,
          },
          206: { description: 'A range of it.', content: anyBytes },
          302: { description: 'In S3: a URL that works for a while.' },
          304: { description: 'Not changed.' },
        },
        400,
        403,
        404,
        410,
        412,
        416,
        503,
      ),
    },
    put: {
      operationId: 'put',
      summary: 'Store the body as a file.',
      security: TOKEN,
      parameters: [
        ...LIFETIME,
        IF_MATCH,
        parameter('If-None-Match', 'header', { type: 'string', const: '*' }, 'Only if nothing is there.'),
      ],
      requestBody: { required: true, content: anyBytes },
      responses: responses(
        {
          200: { description: 'Replaced.', content: json('StoredFile') },
          201: { description: 'Stored.', content: json('StoredFile') },
        },
        400,
        401,
        403,
        404,
        405,
        409,
        412,
        413,
        415,
        503,
        507,
      ),
    },
    patch: {
      operationId: 'expire',
      summary: 'Change the deadline of a file.',
      security: TOKEN,
      parameters: [IF_MATCH],
      requestBody: { required: true, content: json('DeadlineChange') },
      responses: responses(
        { 200: { description: 'Changed.', content: json('StoredFile') } },
        400,
        401,
        403,
        404,
        405,
        409,
        410,
        412,
        413,
        415,
        503,
      ),
    },
    delete: {
      operationId: 'remove',
      summary: 'Remove a file and its deadline.',
      security: TOKEN,
      parameters: [IF_MATCH],
      responses: responses({ 204: { description: 'Removed.' } }, 400, 401, 403, 404, 405, 409, 412, 503),
    },
  },
};

const text = { 'text/plain': { schema: { type: 'string' } } };

const PROGRAM_PATHS = {
  '/links': {
    post: {
      operationId: 'link',
      summary: 'Make a link that works for a while.',
      security: TOKEN,
      requestBody: { required: true, content: json('LinkRequest') },
      responses: responses({ 200: { description: 'The link.', content: json('Link') } }, 400, 401, 405, 503),
    },
  },
  '/namespaces': {
    get: {
      operationId: 'namespaces',
      summary: 'Names of the namespaces that have something in them.',
      security: TOKEN,
      responses: responses({ 200: { description: 'The names.', content: json('Namespaces') } }, 401, 503),
    },
  },
  '/healthz': {
    get: {
      operationId: 'healthz',
      summary: 'Whether the process runs.',
      responses: { 200: { description: 'It does.', content: text } },
    },
  },
  '/readyz': {
    get: {
      operationId: 'readyz',
      summary: 'Whether storage and expiration store answer.',
      responses: responses({ 200: { description: 'They do.', content: text } }, 503),
    },
  },
  '/metrics': {
    get: {
      operationId: 'metrics',
      summary: 'Numbers for Prometheus.',
      responses: { 200: { description: 'The numbers.', content: text } },
    },
  },
};

/** The description as data. */
export function openApi(): Record<string, unknown> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return {
    openapi: '3.1.1',
    info: {
      title: 'mayfly',
      version,
      description: 'Files in namespaces, each with a URL and, if wanted, a deadline.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: { ...FILE_PATHS, ...PROGRAM_PATHS },
    components: {
      schemas: {
        ...schemas(),
        Namespaces: {
          type: 'object',
          properties: { namespaces: { type: 'array', items: { type: 'string' } } },
          required: ['namespaces'],
          additionalProperties: false,
        },
      },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Wanted when the program has a token (MAYFLY_TOKEN).',
        },
        signature: {
          type: 'apiKey',
          in: 'query',
          name: 'signature',
          description:
            'Carried by URLs that the program has signed; wanted for every file when it serves by signed URLs only (MAYFLY_URLS_REQUIRED).',
        },
      },
    },
  };
}

let made: string | null = null;

/** The same as text; made once. */
export function openApiText(): string {
  made ??= JSON.stringify(openApi());
  return made;
}

/** JSON Schema (draft 2020-12, that of OpenAPI 3.1), each schema under its own name. */
function schemas(): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const schema of Object.values(SCHEMAS)) registry.add(schema, { id: schema.meta()?.id ?? '' });
  const { schemas: made } = z.toJSONSchema(registry, {
    target: 'draft-2020-12',
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(made).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}
