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
import { linkRequestSchema, linkSchema } from './links.js';
import { FILE_PATHS, PROGRAM_PATHS } from './openapi-paths.js';

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

/** The description as data. */
function openApi(): Record<string, unknown> {
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
