/** Random operations, each as a call on the model and as one on a filesystem. */
import fc from 'fast-check';
import type { Filesystem } from '../../src/index.js';
import { MayflyError } from '../../src/index.js';
import type { Model, Outcome } from './model.js';

export interface Operation {
  /** For the report of a failure. */
  readonly text: string;
  /** 'open' when the model makes no promise: the operation is left out. */
  onModel(model: Model): Outcome | 'open';
  on(fs: Filesystem): Promise<unknown>;
}

/** Few names and little depth, so that operations meet; with names that sort, or spell, near a slash. */
const names = ['a', 'b', 'a-b', 'é', '%2f'];
const path = fc
  .array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'));
const directory = fc.oneof({ weight: 1, arbitrary: fc.constant('') }, { weight: 6, arbitrary: path });
/** Lengths tell texts apart as well. */
const text = fc.string({ unit: fc.constantFrom('x', 'y', 'z'), maxLength: 12 });

function operation<T extends unknown[]>(
  name: string,
  args: fc.Arbitrary<T>,
  onModel: (model: Model, ...args: T) => Outcome | 'open',
  on: (fs: Filesystem, ...args: T) => Promise<unknown>,
): fc.Arbitrary<Operation> {
  return args.map((values) => ({
    text: `${name}(${values.map((value) => JSON.stringify(value)).join(', ')})`,
    onModel: (model) => onModel(model, ...values),
    on: (fs) => on(fs, ...values),
  }));
}

const nothing = async (work: Promise<unknown>): Promise<null> => work.then(() => null);

const place = fc.oneof({ weight: 1, arbitrary: fc.constant('') }, { weight: 20, arbitrary: path });
const pairs = fc.tuple(place, place, fc.boolean());

export const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: operation(
      'write',
      fc.tuple(place, text, fc.boolean()),
      (model, ...args) => model.write(...args),
      (fs, at, content, overwrite) => nothing(fs.write(at, content, { overwrite })),
    ),
  },
  {
    weight: 2,
    arbitrary: operation(
      'append',
      fc.tuple(place, text),
      (model, ...args) => model.append(...args),
      (fs, at, content) => nothing(fs.appendText(at, content)),
    ),
  },
  {
    weight: 2,
    arbitrary: operation(
      'read',
      fc.tuple(place),
      (model, at) => model.read(at),
      (fs, at) => fs.readText(at),
    ),
  },
  {
    weight: 4,
    arbitrary: operation(
      'makeDir',
      fc.tuple(path, fc.boolean()),
      (model, ...args) => model.makeDir(...args),
      (fs, at, recreate) => nothing(fs.makeDir(at, { recreate })),
    ),
  },
  {
    weight: 5,
    arbitrary: operation(
      'makeDirs',
      fc.tuple(path),
      (model, at) => model.makeDirs(at),
      (fs, at) => nothing(fs.makeDirs(at, { recreate: true })),
    ),
  },
  {
    weight: 3,
    arbitrary: operation(
      'remove',
      fc.tuple(place),
      (model, at) => model.remove(at),
      (fs, at) => nothing(fs.remove(at)),
    ),
  },
  {
    weight: 2,
    arbitrary: operation(
      'removeDir',
      fc.tuple(directory),
      (model, at) => model.removeDir(at),
      (fs, at) => nothing(fs.removeDir(at)),
    ),
  },
  {
    weight: 1,
    arbitrary: operation(
      'removeTree',
      fc.tuple(directory),
      (model, at) => model.removeTree(at),
      (fs, at) => nothing(fs.removeTree(at)),
    ),
  },
  {
    weight: 3,
    arbitrary: operation(
      'copy',
      pairs,
      (model, ...args) => model.copy(...args),
      (fs, from, to, overwrite) => nothing(fs.copy(from, to, { overwrite })),
    ),
  },
  {
    weight: 3,
    arbitrary: operation(
      'move',
      pairs,
      (model, ...args) => model.move(...args),
      (fs, from, to, overwrite) => nothing(fs.move(from, to, { overwrite })),
    ),
  },
  {
    weight: 2,
    arbitrary: operation(
      'copyDir',
      fc.tuple(directory, directory, fc.boolean()),
      (model, from, to, create) => model.copyDir(from, to, create, false),
      (fs, from, to, create) => nothing(fs.copyDir(from, to, { create })),
    ),
  },
  {
    weight: 2,
    arbitrary: operation(
      'moveDir',
      fc.tuple(directory, directory, fc.boolean()),
      (model, from, to, create) => model.copyDir(from, to, create, true),
      (fs, from, to, create) => nothing(fs.moveDir(from, to, { create })),
    ),
  },
  {
    weight: 1,
    arbitrary: operation(
      'list',
      fc.tuple(directory),
      (model, at) => model.list(at),
      async (fs, at) => (await fs.listDir(at)).sort(),
    ),
  },
  {
    weight: 1,
    arbitrary: operation<[string, 'breadth' | 'depth']>(
      'walk',
      fc.tuple(directory, fc.constantFrom<('breadth' | 'depth')[]>('breadth', 'depth')),
      (model, at) => model.walk(at),
      async (fs, at, search) => {
        const paths: string[] = [];
        for await (const info of fs.walk(at, { search })) paths.push(info.path);
        return paths.sort();
      },
    ),
  },
  {
    weight: 1,
    arbitrary: operation(
      'info',
      fc.tuple(directory),
      (model, at) => model.info(at),
      async (fs, at) => {
        const { isDir, size } = await fs.getInfo(at);
        return { isDir, size };
      },
    ),
  },
);

/** What an operation comes to on a filesystem. Anything but an error of mayfly's is thrown: it must never escape. */
export async function outcomeOf(operation: Operation, fs: Filesystem): Promise<Outcome> {
  try {
    return { value: await operation.on(fs) };
  } catch (error) {
    if (error instanceof MayflyError) return { error: error.code };
    throw error;
  }
}

/** All that is in a filesystem, as `Model.tree` tells it. */
export async function treeOf(fs: Filesystem): Promise<[string, string | null][]> {
  const tree: [string, string | null][] = [];
  for await (const { path: at, isDir } of fs.walk()) tree.push([at, isDir ? null : await fs.readText(at)]);
  return tree.sort(([a], [b]) => (a < b ? -1 : 1));
}
