/**
 * Finds what is public and has no docstring, in the declarations that the
 * compiler writes. They are regular enough to be read line by line: four spaces
 * before a member, a closing brace at the margin.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Declaration {
  readonly file: string;
  readonly documented: boolean;
  /** Whether each member is documented. */
  readonly members: ReadonlyMap<string, boolean>;
  /** Names of what it extends or implements. */
  readonly parents: readonly string[];
}

const DECLARATION = /^export (?:declare )?(?:abstract )?(?:class|interface|type|function|const) (\w+)/;
const MEMBER = /^ {4}(?:readonly |abstract |static |get |set )*(\w+)\??[(:<]/;
const HIDDEN = /^ {4}(?:private|protected|#)/;

/** Names that a module exports, with the file of their declaration. Follows `export … from`. */
export function exportsOf(file: string): Map<string, string> {
  const text = readFileSync(file, 'utf8');
  const found = new Map<string, string>();
  for (const [, names, from] of text.matchAll(/^export (?:type )?(?:\{([^}]*)\}|\*) from '([^']+)';/gm)) {
    const target = join(dirname(file), (from as string).replace(/\.js$/, '.d.ts'));
    const all = exportsOf(target);
    const wanted = names === undefined ? [...all.keys()] : namesIn(names);
    for (const name of wanted) found.set(name, all.get(name) ?? target);
  }
  for (const line of text.split('\n')) {
    const name = DECLARATION.exec(line)?.[1];
    if (name !== undefined) found.set(name, file);
  }
  return found;
}

/** The names between the braces of an import or export. */
function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '');
}

/** Everything exported by a module that is not documented, as `Name` or `Name.member`. */
export function undocumentedIn(file: string): string[] {
  const missing: string[] = [];
  for (const [name, home] of exportsOf(file)) {
    const declaration = declarationOf(home, name);
    if (!declaration.documented) missing.push(name);
    for (const [member, documented] of declaration.members) {
      if (!documented && !isInherited(declaration, member)) missing.push(`${name}.${member}`);
    }
  }
  return missing;
}

/** A member without words of its own has those of the class or interface above. */
function isInherited({ file, parents }: Declaration, member: string): boolean {
  return parents.some((parent) => {
    const home = importsOf(file).get(parent) ?? file;
    const declaration = findDeclaration(home, parent);
    return (
      declaration !== null && (declaration.members.get(member) === true || isInherited(declaration, member))
    );
  });
}

function importsOf(file: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, names, from] of readFileSync(file, 'utf8').matchAll(
    /^import (?:type )?\{([^}]*)\} from '(\.[^']+)';/gm,
  )) {
    const target = join(dirname(file), (from as string).replace(/\.js$/, '.d.ts'));
    for (const name of namesIn(names as string)) found.set(name, exportsOf(target).get(name) ?? target);
  }
  return found;
}

function declarationOf(file: string, name: string): Declaration {
  const declaration = findDeclaration(file, name);
  if (declaration === null) throw new Error(`${name} is not declared in ${file}`);
  return declaration;
}

function findDeclaration(file: string, name: string): Declaration | null {
  const lines = readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((line) => DECLARATION.exec(line)?.[1] === name);
  const head = lines[at];
  if (head === undefined) return null;
  const parents = /\b(?:extends|implements) ([^{]+)/.exec(head)?.[1]?.match(/\w+/g) ?? [];
  const members = new Map<string, boolean>();
  const isBlock = / (?:class|interface) /.test(head) || head.endsWith('{');
  for (let i = at + 1; isBlock && lines[i] !== undefined && !lines[i]?.startsWith('}'); i++) {
    const line = lines[i] as string;
    const member = HIDDEN.test(line) ? undefined : MEMBER.exec(line)?.[1];
    if (member === undefined || (member === 'constructor' && line.includes('constructor()'))) continue;
    members.set(member, members.get(member) === true || isDocumented(lines, i));
  }
  members.delete('constructor'); // Its parameters are described by the class.
  return { file, documented: isDocumented(lines, at), members, parents };
}

function isDocumented(lines: readonly string[], at: number): boolean {
  return lines[at - 1]?.trimEnd().endsWith('*/') === true;
}
