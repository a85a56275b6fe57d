/**
 * Dates in header fields (RFC 9110 section 5.6.7).
 *
 * `Date.parse` takes far more than the three forms that HTTP knows ("2026" is
 * a date to it), and a date that is not valid must be ignored, not guessed.
 */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';
const MONTH = `(?<month>${MONTHS.join('|')})`;

const FORMS = [
  // IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  // rfc850-date: Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(
    `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT$`,
  ),
  // asctime-date: Sun Nov  6 08:49:37 1994
  new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MONTH} (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];

/** As IMF-fixdate, the only form that is sent; fractions of a second are cut off. */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/**
 * @param now ms since the epoch, to tell the century of a year of two digits
 * @returns ms since the epoch; null for a text that is no HTTP date
 */
export function parseHttpDate(text: string, now: number = Date.now()): number | null {
  for (const form of FORMS) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return timeOf(groups, now);
  }
  return null;
}

function timeOf(groups: Record<string, string>, now: number): number | null {
  const { year = '', month = '', day, hour, minute, second } = groups;
  const fields = [Number(day), Number(hour), Number(minute), Number(second)] as const;
  const full = year.length === 2 ? fullYear(Number(year), now) : Number(year);
  const date = new Date(0);
  date.setUTCFullYear(full, MONTHS.indexOf(month), fields[0]);
  date.setUTCHours(fields[1], fields[2], fields[3]);
  // 31 February and 25 o'clock roll over, so what comes out is not what was said. A leap second may.
  const same = date.getUTCDate() === fields[0] && date.getUTCHours() === fields[1];
  return same || (fields[3] === 60 && fields[1] < 24) ? date.getTime() : null;
}

/** "More than 50 years in the future" means the most recent year in the past with these digits. */
function fullYear(twoDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}
