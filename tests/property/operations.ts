/** Random operations, each as a call on the model and as one on a filesystem. */
import fc from 'fast-check';
import type { Filesystem } from '../../src/index.js';
import { copyDir, MayflyError, moveDir } from '../../src/index.js';
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

const writing = (args: fc.Arbitrary<[string, string, boolean]>): fc.Arbitrary<Operation> =>
  operation(
    'write',
    args,
    (model, ...values) => model.write(...values),
    (fs, at, content, overwrite) => nothing(fs.write(at, content, { overwrite })),
  );

const makingDirs = (at: fc.Arbitrary<string>): fc.Arbitrary<Operation> =>
  operation(
    'makeDirs',
    fc.tuple(at),
    (model, directory) => model.makeDirs(directory),
    (fs, directory) => nothing(fs.makeDirs(directory, { recreate: true })),
  );

const copyingDir = (args: fc.Arbitrary<[string, string, boolean]>): fc.Arbitrary<Operation> =>
  operation(
    'copyDir',
    args,
    (model, from, to, create) => model.copyDir(from, to, create, false),
    (fs, from, to, create) => nothing(fs.copyDir(from, to, { create })),
  );

const movingDir = (args: fc.Arbitrary<[string, string, boolean]>): fc.Arbitrary<Operation> =>
  operation(
    'moveDir',
    args,
    (model, from, to, create) => model.copyDir(from, to, create, true),
    (fs, from, to, create) => nothing(fs.moveDir(from, to, { create })),
  );

const place = fc.oneof({ weight: 1, arbitrary: fc.constant('') }, { weight: 20, arbitrary: path });
const pairs = fc.tuple(place, place, fc.boolean());

export const operations: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: writing(fc.tuple(place, text, fc.boolean())),
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
    arbitrary: makingDirs(path),
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
    arbitrary: copyingDir(fc.tuple(directory, directory, fc.boolean())),
  },
  {
    weight: 2,
    arbitrary: movingDir(fc.tuple(directory, directory, fc.boolean())),
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

/** Files and directories below a base by some way, or by that way again and again. */
function repeating(base: string, way: string): fc.Arbitrary<Operation[]> {
  const directories = fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }))
    .map(([times, rest]) => [base, ...Array<string>(times).fill(way), ...rest].filter(Boolean).join('/'));
  // One of them may be named as a directory is.
  const file = fc
    .tuple(directories, fc.constantFrom('f', 'f', 'f', 'g', 'a'), text)
    .chain(([above, name, content]) =>
      fc.tuple(makingDirs(fc.constant(above)), writing(fc.constant([`${above}/${name}`, content, true]))),
    );
  return fc
    .tuple(
      fc.array(makingDirs(directories), { maxLength: 4 }),
      fc.array(file, { minLength: 1, maxLength: 8 }),
    )
    .map(([made, files]) => [...made, ...files.flat()]);
}

/** Up from another filesystem that shows the same files. */
const goingOver = (base: string, way: string, takeAway: boolean): fc.Arbitrary<Operation> =>
  operation(
    takeAway ? 'moveDir over' : 'copyDir over',
    fc.constant<[string, string]>([base, way]),
    (model, to, from) => model.copyDir(to === '' ? from : `${to}/${from}`, to, true, takeAway),
    async (fs, to, from) => nothing((takeAway ? moveDir : copyDir)(await fs.openDir(to), from, fs, to)),
  );

/** A tree that repeats itself, and directories of it that go into one above them. */
export const climbs: fc.Arbitrary<Operation[]> = fc
  .tuple(fc.constantFrom('', 'a', 'a/b'), fc.constantFrom('a', 'b', 'a/b', 'a/a'))
  .chain(([base, way]) => {
    const up = fc.constant<[string, string, boolean]>([base === '' ? way : `${base}/${way}`, base, false]);
    const ways = [copyingDir(up), movingDir(up), goingOver(base, way, false), goingOver(base, way, true)];
    const going = fc.array(fc.oneof(...ways), { minLength: 1, maxLength: 3 });
    return fc.tuple(repeating(base, way), going).map(([tree, climbing]) => [...tree, ...climbing]);
  });

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
