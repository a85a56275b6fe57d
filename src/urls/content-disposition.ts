/** What a browser shall do with a file: save it, and under which name. */
import { encodeSegment } from '../path/percent-encoding.js';

/**
 * `Content-Disposition` that makes a browser save the file (RFC 6266).
 * `filename` is for the clients that know no other, so it has nothing that
 * they could misread; `filename*` has the name itself (RFC 8187).
 */
export function attachmentDisposition(name: string): string {
  const last = name
    .replace(/^.*[/\\]/s, '')
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
    .toWellFormed();
  if (last === '') return 'attachment';
  // RFC 6266 appendix D: no percent sign followed by digits, no backslash, no quote.
  const plain = last.replace(/[^\x20-\x7e]|["%\\]/gu, '_');
  const quoted = `attachment; filename="${plain}"`;
  return plain === last ? quoted : `${quoted}; filename*=UTF-8''${encodeSegment(last)}`;
}
