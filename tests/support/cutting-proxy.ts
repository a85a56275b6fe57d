/** A way to a server that can be cut when a certain text is sent to it. */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface CuttingProxy {
  /** The URL by way of the proxy. */
  url: string;
  /** Cut the connection on which this is sent next, `before` it gets there or `after`, so that only the answer is lost. */
  cutAt: (text: string, when: 'before' | 'after') => void;
  /** Pass nothing on any more, either way, and leave every connection open: a network that is gone. */
  fallSilent: () => void;
  close: () => Promise<void>;
}

export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let silent = false;
  let armed: { text: string; when: 'before' | 'after' } | null = null;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('end', () => {
        if (!silent) (socket === client ? upstream : client).end();
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let cut = false;
    client.on('data', (chunk) => {
      if (silent) return undefined;
      const hit = armed !== null && chunk.includes(armed.text) ? armed.when : null;
      if (hit !== null) armed = null;
      if (hit === 'before') return client.destroy();
      cut = hit === 'after';
      return upstream.write(chunk);
    });
    // The answer shows that it got there and took effect.
    upstream.on('data', (chunk) => (cut ? client.destroy() : silent || client.write(chunk)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutAt: (text, when) => {
      armed = { text, when };
    },
    fallSilent: () => {
      silent = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
