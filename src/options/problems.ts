/**
 * What is wrong with options, told a key at a time. zod names all unknown keys
 * of an object at once, and calls a key that is missing one of a wrong type.
 */
import { z } from 'zod';
import { asWritten, isPlainObject } from './spelling.js';

/** A schema that depends on the value's own `type`, so that what is told is about that type alone. */
export function chosen(choose: (value: Record<string, unknown>) => z.ZodType | null, typeError: string) {
  return z.unknown().transform((value, context) => {
    if (!isPlainObject(value)) {
      context.addIssue({
        code: 'custom',
        message: value === undefined ? 'is required' : 'must be an object',
      });
      return z.NEVER;
    }
    const schemaOfType = choose(value);
    if (schemaOfType === null) {
      context.addIssue({ code: 'custom', path: ['type'], message: typeError });
      return z.NEVER;
    }
    const parsed = schemaOfType.safeParse(value, { reportInput: true });
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      for (const { path, message } of splitIssue(issue)) context.addIssue({ code: 'custom', path, message });
    }
    return z.NEVER;
  });
}

interface Problem {
  path: PropertyKey[];
  message: string;
}

function splitIssue(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a known option' }));
  }
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return [{ path: issue.path, message: missing ? 'is required' : issue.message }];
}

export function describeIssue(issue: z.core.$ZodIssue, options: unknown): string[] {
  return splitIssue(issue).map(
    ({ path, message }) => `${asWritten(path, options).join('.') || 'options'} ${message}`,
  );
}
