/**
 * Reads the imports of TypeScript sources, and finds those that break the plan
 * of the floors. Small on purpose: it knows the forms of import that the
 * project uses, and the test beside it proves that it sees each of them.
 */
import { posix } from 'node:path';

/** Sources by path from `src/`, such as `fs/info.ts`. */
export type Sources = ReadonlyMap<string, string>;

export interface Plan {
  /** Folders and top-level files, lowest floor first; those on one floor are strangers. */
  readonly floors: readonly (readonly string[])[];
  /** Packages and where they may be imported: folders with a slash at the end, or files. */
  readonly vendors: Readonly<Record<string, readonly string[]>>;
  /** Where a piece of text may stand. */
  readonly words: Readonly<Record<string, readonly string[]>>;
  /** Folders whose subfolders are strangers to each other. */
  readonly apart: readonly string[];
}

const STATEMENT = /\b(?:import|export)\s+(?:type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?['"]([^'"]+)['"]/g;
const CALL = /\b(?:import|require)\s*\(\s*['"]([^'"]+)['"]\s*\)/g;

/** What a source imports, types included. Comments do not count. */
export function importsOf(source: string): string[] {
  const code = withoutComments(source);
  return [STATEMENT, CALL].flatMap((form) =>
    [...code.matchAll(form)].map(([, specifier]) => specifier as string),
  );
}

/** Every breach of the plan, in words. */
export function breachesOf(sources: Sources, plan: Plan): string[] {
  const graph = new Map([...sources].map(([file, source]) => [file, localImports(file, source)] as const));
  return [
    ...[...graph].flatMap(([file, targets]) => targets.flatMap((target) => floorBreach(file, target, plan))),
    ...[...sources].flatMap(([file, source]) => vendorBreaches(file, source, plan)),
    ...[...sources].flatMap(([file, source]) => wordBreaches(file, source, plan)),
    ...cyclesOf(graph),
  ];
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function localImports(file: string, source: string): string[] {
  return importsOf(source)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts'));
}

function floorBreach(file: string, target: string, { floors, apart }: Plan): string[] {
  const [from, to] = [roomOf(file), roomOf(target)];
  if (from === to) {
    const [a, b] = [file.split('/')[1], target.split('/')[1]];
    return apart.includes(from) && a !== b ? [`${file} imports its neighbour ${target}`] : [];
  }
  const [above, below] = [from, to].map((room) => floors.findIndex((floor) => floor.includes(room))) as [
    number,
    number,
  ];
  if (above === -1) return [`${file} is on no floor`];
  if (below === -1) return [`${file} imports ${target}, which is on no floor`];
  return below < above
    ? []
    : [`${file} imports ${target}, which is ${below === above ? 'a stranger' : 'above it'}`];
}

/** The folder at the top, or the file itself when it stands there. */
function roomOf(file: string): string {
  return file.split('/', 1)[0] as string;
}

function vendorBreaches(file: string, source: string, { vendors }: Plan): string[] {
  return importsOf(source).flatMap((specifier) => {
    const vendor = Object.keys(vendors).find(
      (name) => specifier === name || specifier.startsWith(`${name}/`),
    );
    return vendor === undefined || isAtHome(file, vendors[vendor] ?? [])
      ? []
      : [`${file} imports ${specifier}, whose home is ${vendors[vendor]?.join(' and ')}`];
  });
}

function wordBreaches(file: string, source: string, { words }: Plan): string[] {
  return Object.entries(words).flatMap(([word, homes]) =>
    withoutComments(source).includes(word) && !isAtHome(file, homes) ? [`${file} says ${word}`] : [],
  );
}

function isAtHome(file: string, homes: readonly string[]): boolean {
  return homes.some((home) => (home.endsWith('/') ? file.startsWith(home) : file === home));
}

function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const before = trail.indexOf(file);
    if (before !== -1) cycles.push(`a cycle: ${[...trail.slice(before), file].join(' -> ')}`);
    if (before !== -1 || done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}
