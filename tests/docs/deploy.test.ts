/** Settings that deployment files and docs speak of are settings that there are. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFile(join(root, file), 'utf8');

/** Names of variables anywhere in the settings' map. */
function namesIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Object.values(value as object).flatMap(namesIn);
}

describe('variables', () => {
  it('are all told of in config/README.md, and no others are told of anywhere', async () => {
    const known = namesIn(JSON.parse(await read('config/custom-environment-variables.json'))).sort();
    const told = [...(await read('config/README.md')).matchAll(/^\| `(MAYFLY_\w+)`/gm)].map(
      ([, name]) => name,
    );
    expect(told.sort()).toEqual(known);
    const folders = ['deploy', 'docs', 'examples'];
    const files = (
      await Promise.all(
        folders.map(async (folder) =>
          (
            await readdir(join(root, folder), { withFileTypes: true })
          )
            .filter((entry) => entry.isFile())
            .map(({ name }) => join(folder, name)),
        ),
      )
    ).flat();
    const unknown: string[] = [];
    for (const file of [...files, 'README.md', 'Dockerfile', 'compose.yaml']) {
      for (const [name] of (await read(file)).matchAll(/\bMAYFLY_[A-Z][A-Z0-9_]*[A-Z0-9]\b/g)) {
        if (!known.includes(name)) unknown.push(`${file}: ${name}`);
      }
    }
    expect(unknown).toEqual([]);
  });
});
