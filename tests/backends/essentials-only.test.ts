import { describeFilesystem } from '../conformance/filesystem.js';
import { EssentialsOnlyFS } from '../support/essentials-only.js';

describeFilesystem('a backend of the essentials only', async () => ({ fs: new EssentialsOnlyFS() }));

describeFilesystem('a directory of it', async () => {
  const fs = new EssentialsOnlyFS();
  await fs.makeDir('d');
  return { fs: await fs.openDir('d') };
});
