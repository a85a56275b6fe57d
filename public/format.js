/** Sizes and times as a person reads them. Pure, so that they can be tried on their own. */

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/**
 * A size in bytes, in units of 1000 as browsers and file managers show them: `1 byte`, `12.3 KB`, `1.5 GB`.
 * @param {number} bytes
 */
export function formatSize(bytes) {
  if (bytes === 1) return '1 byte';
  let value = bytes;
  let unit = 0;
  // 999.95 KB would be rounded to "1000 KB".
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit]}`;
}

/**
 * The time that is left, to the second below an hour and coarser above: `0:09`, `4:59`, `2:03:10`, `6 d 23 h`.
 * Rounded up, so that it shows nought only when nothing is left.
 * @param {number} ms
 */
export function formatLeft(ms) {
  const all = Math.max(0, Math.ceil(ms / 1000));
  const [days, hours, minutes, seconds] = [
    Math.floor(all / 86400),
    Math.floor(all / 3600) % 24,
    Math.floor(all / 60) % 60,
    all % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  const clock = `${String(minutes).padStart(hours > 0 ? 2 : 1, '0')}:${String(seconds).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}

/**
 * Up to four letters that stand for a file: its extension in capitals.
 * @param {string} name
 */
export function extensionOf(name) {
  const extension = /[^.]\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1] ?? '';
  return extension.length <= 4 ? extension.toUpperCase() : extension.slice(0, 3).toUpperCase();
}
