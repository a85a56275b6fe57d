/** How far V8 lets the program's heap grow before it collects all of it. */
import { setFlagsFromString } from 'node:v8';

const FLAG = '--heap-growing-percent';

/**
 * Let the heap grow to three times what is in use.
 *
 * By itself V8 lets a small heap grow by a few MB, and counts what arrives from
 * the network, though that is gone with the next small collection. So a server
 * that receives large files collects its whole heap for every 14 MB of them
 * from half a minute after its start, and on one core takes in half as many.
 * Whoever has set the flag on the command line knows better.
 *
 * @param args of Node itself
 */
export function letHeapGrow(
  args: readonly string[] = process.execArgv,
  setFlags: (flags: string) => void = setFlagsFromString,
): void {
  const isSet = args.some((arg) => arg.replaceAll('_', '-').startsWith(FLAG));
  if (!isSet) setFlags(`${FLAG}=200`);
}
