import { describeFilesystem } from '../conformance/filesystem.js';
import { STORAGES } from '../support/mayflies.js';

for (const [name, open] of STORAGES) {
  describeFilesystem(`a namespace on ${name}`, async () => {
    const { mayfly, cleanup } = await open();
    return { fs: mayfly.getFilesystem('n'), cleanup };
  });

  describeFilesystem(`a directory of a namespace on ${name}`, async () => {
    const { mayfly, cleanup } = await open();
    const namespace = mayfly.getFilesystem('n');
    await namespace.makeDirs('some/where');
    await namespace.write('some/canary', 'not to be seen');
    return { fs: await namespace.openDir('some/where'), cleanup };
  });
}
