// A process that stages and never publishes. Told `partial`, it hangs in the middle of it.
import { OSFS } from '../../dist/backends/disk/disk-filesystem.js';

const [root, mode] = process.argv.slice(2);
const fs = new OSFS(root, { durable: false });

async function* hanging() {
  yield Buffer.alloc(2_000_000);
  process.stdout.write('staged\n');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
}

if (mode === 'partial') await fs.stage('f', hanging());
else {
  await fs.stage('f', 'whole');
  process.stdout.write('staged\n');
  setTimeout(() => undefined, 600_000);
}
