import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { exportsOf, undocumentedIn } from './docstrings.js';

const dist = join(import.meta.dirname, '../../dist');

describe('the public interface', () => {
  it.each(['index.d.ts', 'conformance/index.d.ts', 'client/index.d.ts'])(
    'is documented, every member of it (%s)',
    (entry) => {
      const file = join(dist, entry);
      expect(exportsOf(file).size).toBeGreaterThan(2);
      expect(undocumentedIn(file)).toEqual([]);
    },
  );
});

describe('the finder of what is not documented', () => {
  it('sees through re-exports, and knows inherited words from missing ones', async () => {
    const { path, remove } = await temporaryDirectory();
    try {
      await mkdir(join(path, 'deep'));
      await writeFile(
        join(path, 'index.d.ts'),
        "export * from './deep/base.js';\nexport type { Options } from './deep/options.js';\n",
      );
      await writeFile(
        join(path, 'deep/base.d.ts'),
        [
          "import type { Options } from './options.js';",
          '/** Documented. */',
          'export declare abstract class Base {',
          '    #private;',
          '    private hidden;',
          '    /** Documented. */',
          '    abstract known(): void;',
          '    unknown(options: Options): void;',
          '}',
          'export declare class Derived extends Base {',
          '    known(): void;',
          '    unknown(): void;',
          '    get own(): string;',
          '}',
          'export declare function bare(): void;',
        ].join('\n'),
      );
      await writeFile(
        join(path, 'deep/options.d.ts'),
        '/** Documented. */\nexport interface Options {\n    /** Documented. */\n    a: string;\n    b?: string;\n}\n',
      );
      expect(undocumentedIn(join(path, 'index.d.ts')).sort()).toEqual(
        ['Base.unknown', 'Derived', 'Derived.unknown', 'Derived.own', 'bare', 'Options.b'].sort(),
      );
    } finally {
      await remove();
    }
  });
});
