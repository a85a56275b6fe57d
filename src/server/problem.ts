/** Refusals of the program itself, in the same form as those of the file service (RFC 9457). */
import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import { send } from '../http/answer.js';

/** Why a request is not served. */
export interface Refusal {
  status: number;
  /** One sentence for the person who reads it; no path or secret of the server. */
  detail: string;
  headers?: Readonly<Record<string, string>>;
}

/** Answer with `application/problem+json`; a response that has begun is cut off instead. */
export function sendProblem(res: ServerResponse, { status, detail, headers }: Refusal): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail });
  send(res, status, { 'Content-Type': 'application/problem+json', ...headers }, body);
}
