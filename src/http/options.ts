/** What `mayfly.router` and `mayfly.handler` accept, checked whole; unknown keys are refused by name. */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { InvalidOptions } from '../errors/errors.js';
import type { OnConflict } from '../namespaces/upload-url.js';
import { isMediaRange } from '../path/media-range.js';
import { isNamespaceName } from '../path/namespace-name.js';
import type { LifetimeLimit, LifetimeOptions } from './lifetime-limit.js';
import { lifetimeSchema } from './lifetime-limit.js';
import type { Coding } from './semantics/accept-encoding.js';
import { CODINGS } from './semantics/accept-encoding.js';
import { parseCacheControl } from './semantics/cache-lifetime.js';
import type { Quota } from './usage.js';

const ACTIONS = ['read', 'list', 'upload', 'replace', 'remove', 'expire'] as const;

/** What a request does. Replacing is an action of its own, so that uploads can be open without anything being lost. */
export type Action = (typeof ACTIONS)[number];

/** What `authorize` is asked about. */
export interface AuthorizeRequest {
  /** What is asked for. */
  action: Action;
  /** Name of the namespace. */
  namespace: string;
  /** Canonical path: of the file, or of the directory for `list` and for `upload` by POST. The root is ''. */
  path: string;
}

/** Whose pages may use the service by script (Fetch Standard, "CORS protocol"). */
export interface CorsOptions {
  /** Origins such as `https://app.example.com`, or `'*'` for all. */
  origin: string | readonly string[];
  /** Let pages send cookies along; default false. Not for `'*'`. */
  credentials?: boolean;
  /** Seconds for which a browser may remember the answer to a preflight; default 600. */
  maxAge?: number;
}

/** What each namespace may hold, files past their deadline included until they are purged. */
export interface QuotaOptions {
  /** Bytes of all files; default no limit. */
  maxBytes?: number;
  /** Number of files; default no limit. */
  maxFiles?: number;
}

/** Options of `mayfly.router` and `mayfly.handler`. */
export interface RouterOptions {
  /** Actions that are on; the others answer 405. Default `['read', 'upload']`. */
  allow?: readonly Action[];
  /** Namespaces that are served; the others answer 404. Default: every valid name. */
  namespaces?: readonly string[];
  /**
   * Called before anything is read or stored. Anything but `true` (or a
   * promise of it) is 403; what it throws goes to `next`. Default: all may.
   *
   * The request is as what was mounted before has left it. In TypeScript say so by its type:
   * `(request: express.Request, about) => request.user !== undefined`.
   */
  authorize?(request: IncomingMessage, about: AuthorizeRequest): boolean | Promise<boolean>;
  /** Bytes of one file; one more is 413. Default 1 GiB. */
  maxFileSize?: number;
  /** Files in one form; one more is 413. Default 20. */
  maxFiles?: number;
  /**
   * Media types that are taken, such as `['image/*', 'application/pdf']`; others are 415.
   * Goes by the content, not by what the client says. `image/*` takes SVG too, which can
   * carry scripts. Default: everything.
   */
  accept?: readonly string[];
  /** What each namespace may hold; more is 413, before it is stored. Default: no limit. */
  quota?: QuotaOptions;
  /**
   * How long clients may have what they upload kept. A POST, PUT or PATCH that asks for more than `max`, or for
   * no end, is 400; each PATCH counts anew. An upload that names no deadline gets `default`, also where it
   * replaces a file. A lifetime that `getUploadUrl` has signed is the app's word, and not limited. Default: as long as
   * clients wish.
   */
  lifetime?: LifetimeOptions;
  /** Seconds for which a client may keep silent, sending or reading, before it is cut off. Default 60. */
  idleTimeout?: number;
  /** Seconds that an upload may take as a whole; then it is 408. Default 21 600, which is six hours. */
  uploadTimeout?: number;
  /** Default `'rename'`, which stores `name-1.ext`; `'replace'` wants the action of that name; `'fail'` answers 409. */
  onConflict?: OnConflict;
  /**
   * `Cache-Control` of served files, cut short by their deadlines. With `authorize` it is `private` unless it says
   * `public`, `private`, `s-maxage` or `no-store`. Default: no field for files without a deadline, and
   * `private, no-cache` with `authorize`.
   */
  cacheControl?: string;
  /**
   * How files of a storage with URLs of its own (S3) are delivered:
   * `'redirect'`, the default there, or `'proxy'`, which passes the bytes
   * through, with everything that files on disk have. Elsewhere there is
   * nothing to redirect to, and `'proxy'` is all there is.
   */
  delivery?: 'redirect' | 'proxy';
  /** Life in seconds of the URLs that are redirected to, 1 to 604 800; the same URL is given for half of it. Default 3600. */
  presignSeconds?: number;
  /** Pages of other sites that may use this service by script; default none. */
  cors?: CorsOptions;
  /**
   * `Cross-Origin-Resource-Policy` of files: whose pages may show them. Default `'same-site'` with
   * `authorize`, as what a visitor may see is then nobody else's affair, and `'cross-origin'` without
   * it, with `cors`, and for signed URLs, which carry their own leave.
   */
  resourcePolicy?: 'same-origin' | 'same-site' | 'cross-origin';
  /** `'ignore'` (default): 404 for every path with a component that starts with a dot. */
  dotfiles?: 'ignore' | 'allow';
  /**
   * Compressed forms of files that lie beside them, for clients that take them: `true` for all of `x.br`, `x.zst`
   * and `x.gz`, or a list of codings. One that is older than its file, or past its deadline, is passed over. Default
   * `false`.
   */
  precompressed?: boolean | readonly Coding[];
  /**
   * Let nginx send the bytes: where it finds the namespaces' files, as a path such as `/internal`. Answers have no
   * body then, but the path in `X-Accel-Redirect`. Default: the bytes are sent from here.
   */
  accelRedirect?: string;
  /** Serve HTML, SVG and the like without `Content-Security-Policy: sandbox`; default false. */
  trusted?: boolean;
}

/** CORS options with every default filled in. */
export interface ResolvedCors {
  readonly origin: readonly string[];
  readonly credentials: boolean;
  readonly maxAge: number;
}

/** Options with every default filled in. */
export interface ResolvedRouterOptions {
  readonly allow: ReadonlySet<Action>;
  /** Null: every valid name. */
  readonly namespaces: ReadonlySet<string> | null;
  readonly authorize: RouterOptions['authorize'];
  readonly maxFileSize: number;
  readonly maxFiles: number;
  /** Null: everything. */
  readonly accept: readonly string[] | null;
  /** Null: no limit. */
  readonly quota: Quota | null;
  /** Null: clients have the say. */
  readonly lifetime: LifetimeLimit | null;
  readonly idleTimeout: number;
  readonly uploadTimeout: number;
  readonly onConflict: OnConflict;
  readonly cacheControl: string | undefined;
  readonly delivery: 'redirect' | 'proxy';
  readonly presignSeconds: number;
  /** Null: no other site's. */
  readonly cors: ResolvedCors | null;
  readonly resourcePolicy: 'same-origin' | 'same-site' | 'cross-origin';
  readonly dotfiles: 'ignore' | 'allow';
  readonly precompressed: readonly Coding[];
  /** Without a slash at its end. */
  readonly accelRedirect: string | undefined;
  readonly trusted: boolean;
}

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
