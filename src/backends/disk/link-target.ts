/** Where a link leads, for one that may not be followed. */
import { lstat, readlink } from './system-calls.js';

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * What a system path leads to by the texts of the links on it. What may not be
 * looked at is taken as it is written, so this tells what is meant, not what is
 * there: no more than whose refusal it is may be decided by it.
 *
 * @returns null when the links go round in a circle
 */
export async function targetOf(systemPath: string): Promise<string | null> {
  const ahead = systemPath.split('/');
  let reached: string[] = [];
  let links = 0;
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      reached.pop();
      continue;
    }
    const text = await textOf(`/${[...reached, name].join('/')}`);
    if (text === null) {
      reached.push(name);
      continue;
    }
    if (++links > MOST_LINKS) return null;
    if (text.startsWith('/')) reached = [];
    ahead.unshift(...text.split('/'));
  }
  return `/${reached.join('/')}`;
}

/** Null for what is no link, or does not let itself be looked at. */
async function textOf(systemPath: string): Promise<string | null> {
  try {
    return (await lstat(systemPath)).isSymbolicLink() ? await readlink(systemPath) : null;
  } catch {
    return null;
  }
}
