/** Options as they are given, made options with every default filled in. */
import { InvalidOptions } from '../errors/errors.js';
import type { ResolvedOptions } from './options.js';
import { describeIssue } from './problems.js';
import { optionsSchema } from './schema.js';
import { camelCased } from './spelling.js';

/**
 * Checked whole before anything is opened.
 * @throws InvalidOptions with one line that names every bad key and what it wants
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  const problems: string[] = [];
  const parsed = optionsSchema.safeParse(camelCased(options, '', problems), { reportInput: true });
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(...describeIssue(issue, options));
  }
  if (problems.length > 0) throw new InvalidOptions(`invalid options: ${problems.join('; ')}`);
  return parsed.data as ResolvedOptions;
}
