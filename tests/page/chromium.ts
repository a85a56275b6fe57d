/** Finds the browser that is installed here, if one is. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Path of a Chromium on this machine, or `null`. */
export function findChromium(): string | null {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  const candidates = directories
    .filter(Boolean)
    .flatMap((directory) => NAMES.map((name) => join(directory, name)));
  return candidates.find((candidate) => existsSync(candidate)) ?? null;
}
