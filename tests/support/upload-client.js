/**
 * A client to be killed in the middle of an upload: `node upload-client.js METHOD URL BYTES`
 * sends so many bytes of a file, by PUT or as a form by POST, and then sends no more.
 */
import { randomFillSync } from 'node:crypto';
import { request } from 'node:http';

const CHUNK_BYTES = 64 * 1024;
const [method, url, bytes] = process.argv.slice(2);
const boundary = 'end-of-part';
const outgoing = request(url, {
  method,
  headers: method === 'POST' ? { 'Content-Type': `multipart/form-data; boundary=${boundary}` } : {},
});
outgoing.on('error', () => undefined); // When it is the server that is killed.
if (method === 'POST') {
  outgoing.write(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="killed.bin"\r\n\r\n`,
  );
}
for (let sent = 0; sent < Number(bytes); sent += CHUNK_BYTES) {
  const written = outgoing.write(randomFillSync(Buffer.allocUnsafe(CHUNK_BYTES)));
  if (!written) await new Promise((resolve) => outgoing.once('drain', resolve));
}
setInterval(() => undefined, 1000); // It stays, and the connection open, until it is killed.
