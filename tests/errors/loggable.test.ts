import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import * as errors from '../../src/errors/errors.js';
import { loggable } from '../../src/errors/loggable.js';

const ROOT = '/srv/secret-root/files';
const errno = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: permission denied, ${syscall} '${ROOT}/ns/a'`), {
    errno: -13,
    code,
    syscall,
    path: `${ROOT}/ns/a`,
  });

describe('loggable', () => {
  it('tells our own errors by their message, their causes by code and call', () => {
    const cause = errno('EACCES', 'open');
    expect({ ...loggable(new errors.PermissionDenied('a', { cause })) }).toEqual({
      name: 'PermissionDenied',
      code: 'PermissionDenied',
      message: 'permission denied ("a")',
      causes: [{ name: 'Error', code: 'EACCES', syscall: 'open' }],
    });
  });

  it.each<[string, unknown, object]>([
    ['an error of the system', errno('EIO', 'read'), { name: 'Error', code: 'EIO', syscall: 'read' }],
    ['a bug', new TypeError(`no such thing: ${ROOT}`), { name: 'TypeError' }],
    ['an error without a name', Object.assign(new Error('x'), { name: '' }), { name: 'Error' }],
    ['a name that is a path', Object.assign(new Error('x'), { name: ROOT }), { name: 'Error' }],
    ['a code that is a path', Object.assign(new Error('x'), { code: ROOT }), { name: 'Error' }],
    ['a code that is a number', Object.assign(new Error('x'), { code: 5 }), { name: 'Error' }],
    ['a program that did not start', errno('ENOENT', `spawn ${ROOT}`), { name: 'Error', code: 'ENOENT' }],
    ['an error of S3', Object.assign(new Error('x'), { name: 'NoSuchBucket' }), { name: 'NoSuchBucket' }],
    ['SQLSTATE', Object.assign(new Error('x'), { code: '57P01' }), { name: 'Error', code: '57P01' }],
    ['a string', ROOT, { name: 'string' }],
    ['nothing', undefined, { name: 'undefined' }],
    ['null', null, { name: 'object' }],
  ])('tells %s by closed words', (_what, error, expected) => {
    expect({ ...loggable(error) }).toEqual(expected);
  });

  it('ends with causes that go round in a circle', () => {
    const error: Error = new Error('x');
    error.cause = error;
    expect(loggable(error).causes).toHaveLength(5);
  });

  it('does not fail on what fails when it is looked at', () => {
    const hostile = new Proxy(new Error('x'), {
      get: () => {
        throw new Error(ROOT);
      },
    });
    expect({ ...loggable(hostile) }).toEqual({ name: 'Error' });
  });

  it('tells no foreign message, stack or property, whatever they are', () => {
    const text = fc.string({ minLength: 8 }).map((s) => `/${s}`);
    fc.assert(
      fc.property(text, text, (secret, other) => {
        const foreign = Object.assign(new Error(secret, { cause: new Error(secret) }), {
          name: secret,
          code: secret,
          syscall: secret,
          path: secret,
          dest: other,
          config: { secret },
        });
        for (const error of [foreign, new errors.OperationFailed('a', { cause: foreign }), secret]) {
          expect(inspect(loggable(error), { depth: 9, showHidden: true })).not.toContain(
            inspect(secret).slice(1, -1),
          );
          expect(JSON.stringify(loggable(error))).not.toContain(JSON.stringify(secret).slice(1, -1));
        }
      }),
    );
  });

  it('reads well in a line of pino', () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    log.error({ err: loggable(new errors.ResourceNotFound('a', { cause: errno('ENOENT', 'open') })) }, 'm');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      err: {
        type: 'ResourceNotFound',
        code: 'ResourceNotFound',
        message: '"a" not found',
        causes: [{ name: 'Error', code: 'ENOENT', syscall: 'open' }],
      },
    });
    expect(lines[0]).not.toContain(ROOT);
  });
});
