/** What users write in TypeScript compiles, against the built package. */
import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { blocksOf, root, userProject } from './blocks.js';

const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  },
};

const PREAMBLE = `import { createMayfly } from 'mayfly';
const mayfly = createMayfly({ storage: { type: 'memoryfs', urlRoot: '/files' } });
`;

/** Modules, by what is said of them. */
const programs: Record<string, string> = {
  'a router is one of Express 5': `${PREAMBLE}
    import express from 'express';
    const router: express.Router = mayfly.router();
    express().use(mayfly.urlRoot, mayfly.router()).use(mayfly.router(), router);`,

  // As in Express 4, where `app.get` takes a RegExp, and that of Express 5 for a setting's name does not.
  'a router is middleware to other types': `${PREAMBLE}
    import type { IncomingMessage, ServerResponse } from 'node:http';
    interface Request extends IncomingMessage { app: { get(path: string | RegExp): void }; originalUrl: string }
    interface Response extends ServerResponse { app: Request['app']; locals: object }
    type Handler = (request: Request, response: Response, next: (error?: unknown) => void) => void;
    const use = (path: string, ...handlers: (Handler | Handler[])[]) => [path, handlers];
    use(mayfly.urlRoot, mayfly.router());`,

  'settings of django-pyfs are options as they stand': `
    import { createMayfly } from 'mayfly';
    createMayfly({ storage: { type: 'osfs', directory_root: 'x', url_root: '/f', cache_bytes: 0 } });
    createMayfly({
      storage: { type: 's3fs', bucket: 'b', prefix: 'p', aws_access_key_id: 'k', aws_secret_access_key: 's' },
      expirations: { type: 'postgres', connection_string: 'postgres://localhost/mayfly' },
    });`,

  'all that writes to a namespace takes a lifetime': `${PREAMBLE}
    import { Readable } from 'node:stream';
    const charts = mayfly.getFilesystem('charts');
    const options = { seconds: 5, overwrite: false };
    await charts.write('a', 'a', options);
    await charts.writeText('b', 'b', options);
    await charts.writeBytes('c', new Uint8Array(1), options);
    await charts.upload('d', Readable.from(['d']), { days: 1 });
    await (await charts.openDir('')).writeText('e', 'e', { days: 1 });`,
};

/** Lines that do not compile, by what is said of their module. */
const refused: Record<string, string> = {
  'a misspelt option': `${PREAMBLE}
    mayfly.router({ alow: [] });`,
  'storage without its directory': `import { createMayfly } from 'mayfly';
    createMayfly({ storage: { type: 'osfs', url_root: '/f' } });`,
  'a misspelt key in snake_case': `import { createMayfly } from 'mayfly';
    createMayfly({ storage: { type: 'osfs', directory_roots: 'x', url_root: '/f' } });`,
};

const guide = await blocksOf('docs/GUIDE.md', 'ts');

/** Errors by the name of the file that they are in. */
const errors = new Map<string, string[]>();

beforeAll(async () => {
  const { path, remove } = await userProject();
  const write = (name: string, text: string) => writeFile(join(path, name), text);
  try {
    await symlink(join(root, 'node_modules/@types'), join(path, 'node_modules/@types'));
    await write('tsconfig.json', JSON.stringify(TSCONFIG));
    for (const [i, code] of Object.values(programs).entries()) await write(`program${i}.ts`, code);
    for (const [i, code] of Object.values(refused).entries()) await write(`refused${i}.ts`, code);
    for (const [i, code] of guide.entries()) await write(`guide${i}.ts`, code);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [tsc], { cwd: path }).catch(
      (error: { stdout: string }) => error,
    );
    for (const [line, file = ''] of stdout.matchAll(/^(\S+)\(\d+,\d+\): error .*$/gm)) {
      errors.set(file, [...(errors.get(file) ?? []), line]);
    }
  } finally {
    await remove();
  }
});

describe('in TypeScript', () => {
  it.each(Object.keys(programs).map((name, i) => [name, i] as const))('%s', (_, i) => {
    expect(errors.get(`program${i}.ts`)).toBeUndefined();
  });

  it.each(Object.keys(refused).map((name, i) => [name, i] as const))('%s is refused', (_, i) => {
    expect(errors.get(`refused${i}.ts`)).toHaveLength(1);
  });

  it.each(guide.map((_, i) => [i + 1, i] as const))('block %i of docs/GUIDE.md compiles', (_, i) => {
    expect(errors.get(`guide${i}.ts`)).toBeUndefined();
  });
});

it('the package has no error of its own', () => {
  const files = [...errors.keys()].filter((file) => !/^(?:program|refused|guide)\d+\.ts$/.test(file));
  expect(files).toEqual([]);
});
