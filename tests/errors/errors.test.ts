import { describe, expect, it } from '@jest/globals';
import * as errors from '../../src/errors/errors.js';

const resourceErrors = [
  errors.ResourceNotFound,
  errors.FileExists,
  errors.DirectoryExists,
  errors.DestinationExists,
  errors.FileExpected,
  errors.DirectoryExpected,
  errors.DirectoryNotEmpty,
  errors.ResourceReadOnly,
];
const operationErrors = [
  errors.OperationFailed,
  errors.PermissionDenied,
  errors.InsufficientStorage,
  errors.RemoteConnectionError,
  errors.OperationTimeout,
  errors.Unsupported,
];

describe('errors', () => {
  it.each([...resourceErrors, ...operationErrors, errors.InvalidPath])(
    '%p carries code, path and cause',
    (Class) => {
      const cause = new Error('below');
      const error = new Class('a/b', { cause });
      expect(error).toMatchObject({ code: Class.name, name: Class.name, path: 'a/b', cause });
      expect(error.message).toContain('"a/b"');
      expect(error).toBeInstanceOf(errors.FSError);
      expect(error).toBeInstanceOf(errors.MayflyError);
      expect(String(error.stack)).toContain(Class.name);
    },
  );

  it.each(resourceErrors)('%p is of a resource', (Class) => {
    expect(new Class('a')).toBeInstanceOf(errors.ResourceError);
    expect(new Class('a')).not.toBeInstanceOf(errors.OperationFailed);
  });

  it.each(operationErrors)('%p is a failed operation', (Class) => {
    expect(new Class('a')).toBeInstanceOf(errors.OperationFailed);
    expect(new Class().path).toBeUndefined();
  });

  it.each([
    ...resourceErrors,
    ...operationErrors,
    errors.InvalidPath,
    errors.IllegalBackReference,
    errors.IllegalDestination,
    errors.NoSysPath,
  ])('%p keeps its advice and itself as cause when it is told by another path', (Class) => {
    const own = new Class('a/b');
    expect(own.relocated('x/a/b')).toMatchObject({ path: 'x/a/b', cause: own, code: own.code });
    expect(own.relocated('x/$&').message).toBe(new Class('x/$&').message);
    const advised = new Class('a/b', { message: 'no, as "a/b" is a pipe: use a file' });
    expect(advised.relocated('x/a/b').message).toBe('no, as "x/a/b" is a pipe: use a file');
  });

  it.each(operationErrors)(
    '%p does not name the empty path of a root, and names the one that it gets',
    (Class) => {
      const root = new Class('');
      expect(root).toMatchObject({ path: '', message: new Class().message });
      expect(root.relocated('a')).toMatchObject({ path: 'a', message: new Class('a').message, cause: root });
    },
  );

  it('has the classes without details', () => {
    expect(new errors.FilesystemClosed()).toMatchObject({ code: 'FilesystemClosed', path: undefined });
    expect(new errors.RemoveRootError()).toMatchObject({ code: 'RemoveRootError', path: '' });
    expect(new errors.RemoveRootError()).toBeInstanceOf(errors.OperationFailed);
    expect(new errors.IllegalDestination('a')).toBeInstanceOf(errors.OperationFailed);
    expect(new errors.IllegalBackReference('../a')).toMatchObject({
      code: 'IllegalBackReference',
      path: '../a',
    });
    expect(new errors.NoSysPath('a')).toMatchObject({ code: 'NoSysPath', path: 'a' });
    expect(new errors.InvalidNamespace('..')).toMatchObject({ code: 'InvalidNamespace', namespace: '..' });
    expect(new errors.InvalidOptions('bad')).toMatchObject({ code: 'InvalidOptions', message: 'bad' });
  });

  it('gives each exported class a code of its own name', () => {
    const abstract = new Set(['MayflyError', 'FSError', 'ResourceError']);
    for (const [name, Class] of Object.entries(errors)) {
      if (abstract.has(name)) continue;
      expect(new (Class as new (path: string) => errors.MayflyError)('a').code).toBe(name);
    }
  });

  it('is the same error at another path when relocated', () => {
    for (const Class of [...resourceErrors, ...operationErrors]) {
      const original = new Class('ns/a');
      const relocated = original.relocated('a');
      expect(relocated).toBeInstanceOf(Class);
      expect(relocated).toMatchObject({ path: 'a', cause: original });
      expect(relocated.message).not.toContain('ns/a');
    }
  });

  it('keeps a message short and escaped, whatever the path', () => {
    const { message } = new errors.ResourceNotFound(`a\n"b${'x'.repeat(5000)}`);
    expect(message.length).toBeLessThan(400);
    expect(message).not.toContain('\n');
  });
});
