/** Sizes, times and lifetimes, as people write and read them. */
import { UsageError } from './failure.js';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

export function formatSize(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** Files, counted. */
export function formatCount(files: number): string {
  return `${files} ${files === 1 ? 'file' : 'files'}`;
}

/** In local time, to the second. */
export function formatTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The two largest units of what is left. */
export function formatLeft(deadline: Date | null, now: number = Date.now()): string {
  if (deadline === null) return 'never';
  let rest = Math.ceil((deadline.getTime() - now) / 1000);
  if (rest <= 0) return 'due';
  const parts: string[] = [];
  for (const [unit, seconds] of Object.entries(SECONDS).reverse()) {
    if (unit === 'w') continue;
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return `in ${parts.slice(0, 2).join(' ')}`;
}

/**
 * Seconds of a duration such as `90`, `90s`, `5m`, `1h30m` or `7d`.
 * @throws UsageError
 */
export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^(\d+(\.\d+)?[smhdw])+$/i.test(text)) {
    throw new UsageError(`"${text}" is no duration: write seconds, or such as 90s, 5m, 1h30m, 7d`);
  }
  let seconds = 0;
  for (const [, amount, unit] of text.toLowerCase().matchAll(/([\d.]+)([smhdw])/g)) {
    seconds += Number(amount) * SECONDS[unit as keyof typeof SECONDS];
  }
  return seconds;
}
