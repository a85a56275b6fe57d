/**
 * Leaves the sending to nginx, which stands in front: what may be served has
 * been decided, and `X-Accel-Redirect` tells where the file is. Conditions and
 * ranges are nginx's to answer, by its own entity tags.
 * Source: nginx, "X-Accel" and `ngx_http_proxy_module`.
 */
import { encodeSegment } from '../path/percent-encoding.js';
import type { Exchange } from './exchange.js';
import { Fields, headersOf, writeHead } from './file-headers.js';
import type { Representation } from './representation.js';

/** What nginx tells by itself. */
const OF_NGINX = new Set(['ETag', 'Last-Modified', 'Accept-Ranges']);

/** @param prefix without a slash at its end */
export function sendElsewhere(exchange: Exchange, file: Representation, prefix: string): void {
  const { namespace, path, response } = exchange;
  const { content, contentType } = headersOf(exchange, file);
  const place = [namespace, ...path.split('/')].map(encodeSegment).join('/');
  const fields = [
    'X-Accel-Redirect',
    `${prefix}/${place}`,
    'Content-Type',
    contentType,
    'Content-Length',
    '0',
  ];
  for (let i = 0; i < content.length; i += 2) {
    const name = content[i] as string;
    if (!OF_NGINX.has(name)) fields.push(name, content[i + 1] as string);
  }
  writeHead(response, 200, new Fields(fields));
  response.end();
}
