/** What the operations of the OpenAPI description are put together from. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Responses = Record<string, Json>;

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
/** A body of the schema of this name. */
export const json = (name: string) => ({ 'application/json': { schema: ref(name) } });
export const anyBytes = { '*/*': { schema: {} } };

export const parameter = (
  name: string,
  place: 'path' | 'query' | 'header',
  schema: Json,
  description: string,
) => ({
  name,
  in: place,
  ...(place === 'path' ? { required: true } : {}),
  schema,
  description,
});

export const NAMESPACE = parameter(
  'namespace',
  'path',
  { type: 'string', pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$' },
  'Name of the namespace.',
);
export const PATH = parameter(
  'path',
  'path',
  { type: 'string' },
  'Path in the namespace. Slashes between its components are sent as they are, every component percent-encoded.',
);
export const amount: Json = { type: 'number', minimum: 0 };
export const LIFETIME = [
  parameter('seconds', 'query', amount, 'Seconds that the file lives; summed up with days.'),
  parameter('days', 'query', amount, 'Days of 24 hours that the file lives.'),
  parameter('timeout', 'query', amount, 'Seconds that the answered URL works, where URLs are signed.'),
];
export const IF_MATCH = parameter(
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
  408: 'The body did not arrive in time.',
  409: 'A file or directory is in the way.',
  410: 'The file is past its deadline.',
  412: 'A condition does not hold.',
  413: 'Over a limit.',
  415: 'A type of body that is not taken.',
  416: 'No such range.',
  501: 'The storage can not do this.',
  503: 'The storage or the expiration store does not answer.',
  507: 'The disk is full.',
};

/** Responses of one operation: its own, and the errors of these statuses. */
export function responses(own: Responses, ...problems: number[]): Responses {
  const content = { 'application/problem+json': { schema: ref('Problem') } };
  const refused = problems.map((status) => [
    String(status),
    { description: PROBLEMS[status] ?? '', content },
  ]);
  return { ...own, ...(Object.fromEntries(refused) as Responses) };
}

/** With the token, where the program has one. */
export const TOKEN: Json = [{}, { token: [] }];
