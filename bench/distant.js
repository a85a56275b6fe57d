/**
 * Makes a server seem far away: a TCP proxy in a process of its own that holds
 * back every byte for half of a round trip, each way.
 *
 * node bench/distant.js HOST PORT ROUND_TRIP_MS; prints its own port
 */
import { connect, createServer } from 'node:net';

const [host, port, roundTripMs] = process.argv.slice(2);
const oneWayMs = Number(roundTripMs) / 2;

/** Give on what `from` says, later; in order, since all of it waits equally long. */
function later(from, to) {
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), oneWayMs));
  from.on('end', () => setTimeout(() => to.end(), oneWayMs));
  from.on('error', () => to.destroy());
  from.on('close', () => setTimeout(() => to.destroy(), oneWayMs));
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ host, port: Number(port), noDelay: true, allowHalfOpen: true });
  later(near, far);
  later(far, near);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
