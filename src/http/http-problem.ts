/** Refusals that arise in HTTP itself; what the filesystem throws is translated in `error-response.ts`. */

/** Answer headers by name. */
export type Headers = Record<string, string | number>;

/** A request that is answered with an error. `detail` is for the client, so it names nothing of the server's. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';

  constructor(
    readonly status: number,
    readonly detail: string,
    readonly headers: Headers = {},
  ) {
    super(detail);
  }
}

/** The client hung up before its request had arrived: nobody is there to be answered. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';

  constructor(cause?: unknown) {
    super('the client hung up', { cause });
  }
}

/** `authorize` threw; the cause is the application's own affair. */
export class AuthorizeFailed extends Error {
  override readonly name = 'AuthorizeFailed';

  constructor(cause: unknown) {
    super('authorize threw', { cause });
  }
}

export function badRequest(detail: string): HttpProblem {
  return new HttpProblem(400, detail);
}

export function notFound(): HttpProblem {
  return new HttpProblem(404, 'There is nothing here.');
}

export function gone(): HttpProblem {
  return new HttpProblem(410, 'The file was here and has expired.');
}

export function preconditionFailed(): HttpProblem {
  return new HttpProblem(412, 'What is stored is not what the request expects.');
}

export function tooLarge(what: string): HttpProblem {
  return new HttpProblem(413, what);
}

/** @param methods that the target takes */
export function methodNotAllowed(methods: readonly string[]): HttpProblem {
  return new HttpProblem(405, 'This can not be done here.', { Allow: methods.join(', ') });
}
