/** What is told of an expiration store that can't be read as it is, and of where it is. */
import type { StoreState } from '../expirations/sql/look.js';
import type { ServerOptions } from '../server/config.js';

const WORDS = {
  missing: 'is not there yet; the server makes it when it starts',
  outdated: 'has the tables of an older version; the server brings them up to date when it starts',
  unbound: 'has been used with no storage yet; the server binds it to this one when it starts',
} as const;

export function whereDeadlinesAre(expirations: ServerOptions['expirations']): string {
  return expirations.type === 'postgres' ? 'PostgreSQL' : `SQLite, in ${expirations.path}`;
}

/** In words that follow "the expiration store". */
export function describeState(
  state: Exclude<StoreState, 'bound'>,
  { expirations }: ServerOptions,
): { says: string; advice: string } {
  if (expirations.type === 'sqlite' && expirations.path === ':memory:') {
    return {
      says: 'is in memory, so that deadlines are forgotten when the server ends while their files stay',
      advice: 'Set MAYFLY_EXPIRATIONS_PATH to the path of a file.',
    };
  }
  if (state === 'outdated') return { says: WORDS.outdated, advice: 'Start the server once.' };
  const setting =
    expirations.type === 'postgres' ? 'MAYFLY_EXPIRATIONS_CONNECTION_STRING' : 'MAYFLY_EXPIRATIONS_PATH';
  return {
    says: `(${whereDeadlinesAre(expirations)}) ${WORDS[state]}`,
    advice: `If deadlines are kept already, set ${setting} to where they are.`,
  };
}
