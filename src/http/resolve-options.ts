/** Checks what `mayfly.router` and `mayfly.handler` are given, whole, and fills in defaults; unknown keys are refused by name. */
import { z } from 'zod';
import { InvalidOptions } from '../errors/errors.js';
import { isMediaRange } from '../path/media-range.js';
import { isNamespaceName } from '../path/namespace-name.js';
import { lifetimeSchema } from './lifetime-limit.js';
import type { ResolvedRouterOptions, RouterOptions } from './options.js';
import { ACTIONS } from './options.js';
import { CODINGS } from './semantics/accept-encoding.js';
import { parseCacheControl } from './semantics/cache-lifetime.js';

const CODING_NAMES = CODINGS.map(({ coding }) => coding);

const GIBIBYTE = 2 ** 30;

const actionError = `must be one of ${ACTIONS.join(', ')}`;
const count = z.int({ error: 'must be a whole number of 1 or more' }).min(1, 'must be 1 or more');
/** Timers can't count further. */
const MAX_TIMER_SECONDS = 2_147_483;
const seconds = z
  .number({ error: 'must be a number of seconds' })
  .positive('must be more than 0')
  .max(MAX_TIMER_SECONDS, `must be at most ${MAX_TIMER_SECONDS}`);

const ORIGIN_WANTS = "must be an origin such as https://app.example.com, or '*'";
const origin = z
  .string({ error: ORIGIN_WANTS })
  .refine((value) => value === '*' || isOrigin(value), ORIGIN_WANTS);
const corsSchema = z
  .strictObject(
    {
      origin: z.union([origin.transform((value) => [value]), z.array(origin).min(1, ORIGIN_WANTS)], {
        error: ORIGIN_WANTS,
      }),
      credentials: z.boolean({ error: 'must be true or false' }).default(false),
      maxAge: z.int({ error: 'must be a whole number of seconds' }).min(0).default(600),
    },
    'must be { origin, credentials, maxAge }',
  )
  .refine(({ origin: origins, credentials }) => !(credentials && origins.includes('*')), {
    path: ['credentials'],
    error: "must not go with origin '*': any site could act for your visitors",
  });

function isOrigin(value: string): boolean {
  return /^https?:\/\//.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

const schema = z.strictObject({
  allow: z
    .array(z.enum(ACTIONS, { error: actionError }), { error: 'must be a list of actions' })
    .default(['read', 'upload']),
  namespaces: z
    .array(z.custom<string>(isNamespaceName, 'must be a valid namespace'), {
      error: 'must be a list of namespaces',
    })
    .optional(),
  authorize: z
    .custom<RouterOptions['authorize']>((value) => typeof value === 'function', 'must be a function')
    .optional(),
  maxFileSize: count.default(GIBIBYTE),
  maxFiles: count.default(20),
  accept: z
    .array(z.string({ error: 'must be a string' }).refine(isMediaRange, "must be a media type or 'type/*'"), {
      error: "must be a list of media types such as 'image/*'",
    })
    .min(1, 'must have one media type at least')
    .optional(),
  quota: z
    .strictObject(
      { maxBytes: count.optional(), maxFiles: count.optional() },
      'must be { maxBytes, maxFiles }',
    )
    .optional(),
  lifetime: lifetimeSchema.optional(),
  idleTimeout: seconds.default(60),
  uploadTimeout: seconds.default(21_600),
  onConflict: z
    .enum(['rename', 'replace', 'fail'], { error: "must be 'rename', 'replace' or 'fail'" })
    .default('rename'),
  cacheControl: z
    .string({ error: 'must be a string' })
    .refine((value) => parseCacheControl(value) !== null, 'must be a Cache-Control field')
    .optional(),
  delivery: z.enum(['redirect', 'proxy'], { error: "must be 'redirect' or 'proxy'" }).optional(),
  presignSeconds: count.max(604_800, 'must be at most 604800, which is all that S3 signs for').default(3600),
  cors: corsSchema.optional(),
  resourcePolicy: z
    .enum(['same-origin', 'same-site', 'cross-origin'], {
      error: "must be 'same-origin', 'same-site' or 'cross-origin'",
    })
    .optional(),
  dotfiles: z.enum(['ignore', 'allow'], { error: "must be 'ignore' or 'allow'" }).default('ignore'),
  precompressed: z
    .union([z.boolean(), z.array(z.enum(CODING_NAMES))], {
      error: `must be true, false or a list of ${CODING_NAMES.join(', ')}`,
    })
    .default(false),
  accelRedirect: z
    .string({ error: 'must be a string' })
    .regex(/^\/(?!\/)[^?#\s\p{Cc}]*$/u, 'must be a path that begins with a slash')
    .optional(),
  trusted: z.boolean({ error: 'must be true or false' }).default(false),
});

/**
 * @param presigns whether the storage has URLs to redirect to
 * @throws InvalidOptions with one line that names every bad key and what it wants
 */
export function resolveRouterOptions(options: RouterOptions = {}, presigns = false): ResolvedRouterOptions {
  const parsed = schema.safeParse(options);
  if (!parsed.success) {
    throw new InvalidOptions(`invalid options: ${parsed.error.issues.flatMap(describeIssue).join('; ')}`);
  }
  const {
    allow,
    namespaces,
    authorize,
    cacheControl,
    delivery,
    accept,
    quota,
    lifetime,
    cors,
    resourcePolicy,
    precompressed,
    accelRedirect,
    ...rest
  } = parsed.data;
  if (delivery === 'redirect' && !presigns) {
    throw new InvalidOptions(
      "invalid options: delivery must not be 'redirect', as the storage has no URLs of its own",
    );
  }
  return {
    ...rest,
    authorize,
    cacheControl,
    precompressed: precompressed === true ? CODING_NAMES : precompressed || [],
    accelRedirect: accelRedirect?.replace(/\/+$/, ''),
    accept: accept ?? null,
    lifetime: lifetime ?? null,
    cors: cors ?? null,
    resourcePolicy:
      resourcePolicy ?? (authorize !== undefined && cors === undefined ? 'same-site' : 'cross-origin'),
    quota:
      quota === undefined
        ? null
        : {
            maxBytes: quota.maxBytes ?? Number.POSITIVE_INFINITY,
            maxFiles: quota.maxFiles ?? Number.POSITIVE_INFINITY,
          },
    delivery: delivery ?? (presigns ? 'redirect' : 'proxy'),
    allow: new Set(allow),
    namespaces: namespaces === undefined ? null : new Set(namespaces),
  };
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...issue.path, key].map(String).join('.')} is not a known option`);
  }
  return [`${issue.path.map(String).join('.') || 'options'} ${issue.message}`];
}
