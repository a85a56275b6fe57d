/** What `mayfly.router` and `mayfly.handler` can be told, and what is known once every default is filled in. */
import type { IncomingMessage } from 'node:http';
import type { OnConflict } from '../namespaces/upload-url.js';
import type { LifetimeLimit, LifetimeOptions } from './lifetime-limit.js';
import type { Coding } from './semantics/accept-encoding.js';
import type { Quota } from './usage.js';

export const ACTIONS = ['read', 'list', 'upload', 'replace', 'remove', 'expire'] as const;

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
