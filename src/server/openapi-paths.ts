/** The operations of the HTTP interface, path by path, for the OpenAPI description. */
import { FILES_ROOT } from './config.js';
import {
  amount,
  anyBytes,
  IF_MATCH,
  json,
  LIFETIME,
  NAMESPACE,
  PATH,
  parameter,
  responses,
  TOKEN,
} from './openapi-parts.js';

/** Of the service. */
export const FILE_PATHS = {
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
        501,
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
        408,
        409,
        413,
        415,
        501,
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
        parameter(
          'Range',
          'header',
          { type: 'string' },
          'One range of bytes or several: up to 50, else the whole file is sent.',
        ),
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
          206: {
            description: 'A range of it; of several, those as `multipart/byteranges`.',
            content: anyBytes,
          },
          302: { description: 'In S3: a URL that works for a while.' },
          304: { description: 'Not changed.' },
        },
        400,
        403,
        404,
        410,
        412,
        416,
        501,
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
        408,
        409,
        412,
        413,
        415,
        501,
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
        408,
        409,
        410,
        412,
        413,
        415,
        501,
        503,
      ),
    },
    delete: {
      operationId: 'remove',
      summary: 'Remove a file and its deadline.',
      security: TOKEN,
      parameters: [IF_MATCH],
      responses: responses({ 204: { description: 'Removed.' } }, 400, 401, 403, 404, 405, 409, 412, 501, 503),
    },
  },
};

const text = { 'text/plain': { schema: { type: 'string' } } };

/** Of the program around it. */
export const PROGRAM_PATHS = {
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
      summary:
        'Names of the namespaces that there are; an empty one too, where directories are things of their own.',
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
