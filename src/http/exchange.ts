/** One request with its answer, and everything that the handlers want to know of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NamespaceFS } from '../namespaces/namespace-filesystem.js';
import { isNamespaceName } from '../path/namespace-name.js';
import { AuthorizeFailed, HttpProblem, methodNotAllowed, notFound } from './http-problem.js';
import type { Action, ResolvedRouterOptions, RouterOptions } from './options.js';
import { parseTarget } from './request-target.js';
import { secondsLeft } from './semantics/cache-lifetime.js';
import type { HttpService } from './service.js';

/** What a signed URL for reading says. */
export interface SignedRead {
  /** When the URL stops working, in ms since the epoch; null for never. */
  readonly end: number | null;
  /** Name to save the file under; '' for its own, undefined: not asked for. */
  readonly download: string | undefined;
  /** Media type to serve the file as. */
  readonly type: string | undefined;
}

export class Exchange {
  readonly method: string;
  readonly namespace: string;
  readonly fs: NamespaceFS;
  /** Canonical. */
  readonly path: string;
  /** The URL is that of a namespace or ends in a slash. */
  readonly namesDirectory: boolean;
  /** What the URL was signed to say; null for one that is not signed. */
  signed: SignedRead | null = null;
  /** Null until something is. */
  #granted: Set<Action> | null = null;
  readonly #search: string;
  #query: URLSearchParams | undefined;

  /**
   * @param url path and query below the mount point
   * @throws HttpProblem, InvalidPath, IllegalBackReference, FilesystemClosed
   */
  constructor(
    readonly service: HttpService,
    readonly options: ResolvedRouterOptions,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    url: string,
  ) {
    const target = parseTarget(url);
    const served = isNamespaceName(target.namespace) && (options.namespaces?.has(target.namespace) ?? true);
    if (!served) throw notFound();
    this.method = request.method ?? 'GET';
    this.namespace = target.namespace;
    this.fs = service.getFilesystem(target.namespace);
    this.path = this.fs.validatePath(target.path);
    this.namesDirectory = target.namesDirectory || this.path === '';
    this.#search = target.search;
    if (this.hides(this.path)) throw notFound();
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#search);
    return this.#query;
  }

  /** Whether the query is empty, as it is for most files. */
  get plain(): boolean {
    return this.#search === '';
  }

  /** Whether a path is one that the dotfile rule leaves out. */
  hides(path: string): boolean {
    return this.options.dotfiles === 'ignore' && /(?:^|\/)\./.test(path);
  }

  allows(action: Action): boolean {
    return this.options.allow.has(action);
  }

  /**
   * Let the action pass only if it is on and `authorize` agrees.
   * @returns undefined where nobody has to be waited for
   * @throws HttpProblem 405 or 403, AuthorizeFailed
   */
  require(action: Action, path: string = this.path): Promise<void> | undefined {
    // In a form it is the name of a file that can't be had. With another one POST can, at the same URL.
    if (!this.allows(action)) throw this.notAllowed(this.method === 'POST' ? undefined : this.method);
    return this.authorize(action, path);
  }

  /** A valid signature says that the action is agreed to: `authorize` is not asked any more. */
  grant(action: Action): void {
    this.#granted ??= new Set();
    this.#granted.add(action);
  }

  /** @returns undefined where nobody has to be waited for @throws HttpProblem 403, AuthorizeFailed */
  authorize(action: Action, path: string = this.path): Promise<void> | undefined {
    const { authorize } = this.options;
    const isSettled = authorize === undefined || this.#granted?.has(action) === true;
    return isSettled ? undefined : this.#ask(authorize, action, path);
  }

  async #ask(
    authorize: NonNullable<RouterOptions['authorize']>,
    action: Action,
    path: string,
  ): Promise<void> {
    let verdict: unknown;
    try {
      verdict = await authorize(this.request, { action, namespace: this.namespace, path });
    } catch (error) {
      throw new AuthorizeFailed(error);
    }
    if (verdict !== true) throw new HttpProblem(403, 'You may not do this.');
  }

  /** Methods that some action makes possible on this URL. */
  get methods(): string[] {
    const reads = this.allows('list') || (this.allows('read') && !this.namesDirectory);
    const names = this.namesDirectory;
    return [
      ...(reads ? ['GET', 'HEAD'] : []),
      ...(this.allows('upload') ? ['POST'] : []),
      ...(!names && (this.allows('upload') || this.allows('replace')) ? ['PUT'] : []),
      ...(!names && this.allows('remove') ? ['DELETE'] : []),
      ...(!names && this.allows('expire') ? ['PATCH'] : []),
      'OPTIONS',
    ];
  }

  /** @param except a method that is on, but not for what is at this URL now */
  notAllowed(except?: string): HttpProblem {
    const refused = except === 'GET' || except === 'HEAD' ? ['GET', 'HEAD'] : [except];
    return methodNotAllowed(this.methods.filter((method) => !refused.includes(method)));
  }

  /**
   * Seconds for which what is sent may be used: the least of what URL and file have left.
   * @param deadline of the file, in ms since the epoch; null for none
   * @returns null for ever
   */
  secondsLeft(deadline: number | null): number | null {
    const end = Math.min(deadline ?? Number.POSITIVE_INFINITY, this.signed?.end ?? Number.POSITIVE_INFINITY);
    return end === Number.POSITIVE_INFINITY ? null : secondsLeft(end, this.now());
  }

  /** Something was removed or replaced in the namespace. */
  usageChanged(): void {
    this.service.usage.changed(this.namespace);
  }

  now(): number {
    return this.service.clock();
  }
}
