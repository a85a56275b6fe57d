import { readdir, readlink } from 'node:fs/promises';

/** Files and directories below `directory` that this process has open. */
export async function openBelow(directory: string): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(directory));
}
