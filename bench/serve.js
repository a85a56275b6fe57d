/** How fast are local files of 1 KB, 16 KB and 10 MB served, beside express.static? `node bench/serve.js` */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMayfly } from '../dist/index.js';
import { startContender } from './contender.js';
import { compare } from './harness.js';
import { load } from './load.js';

const NAMES = ['express.static', 'mayfly.router() in Express', 'mayfly.handler() on node:http'];
const SIZES = { '1k.bin': 1024, '16k.bin': 16 * 1024, '10m.bin': 10 * 1024 * 1024 };

const work = await mkdtemp(join(tmpdir(), 'mayfly-bench-'));
const directory = join(work, 'files');
const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot: directory, urlRoot: '/files' },
  expirations: { type: 'sqlite', path: join(work, 'expirations.db') },
  purge: false,
});
for (const [name, size] of Object.entries(SIZES))
  await mayfly.getFilesystem('bench').writeBytes(name, Buffer.alloc(size, 'x'));
await writeFile(join(directory, 'bench', 'control.txt'), 'ok');
await mayfly.close();

const servers = await Promise.all(
  NAMES.map(async (name) => ({ name, ...(await startContender('servers.js', [name, directory])) })),
);

try {
  for (const [file, size] of Object.entries(SIZES)) {
    const contenders = servers.map(({ name, origin }) => ({
      name,
      round: () => load(`${origin}/files/bench/${file}`),
    }));
    await compare(`GET of ${size} bytes`, 'answers a second', contenders);
  }
} finally {
  for (const { stop } of servers) await stop();
  await rm(work, { recursive: true, force: true });
}
