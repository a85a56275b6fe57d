import { describe, expect, it } from '@jest/globals';
import * as errors from '../../src/errors/errors.js';
import { answerTo } from '../../src/http/error-response.js';

const cause = new Error('/var/lib/secret: EACCES');

describe('answerTo', () => {
  it.each<[Error, number]>([
    [new errors.InvalidNamespace('..'), 404],
    [new errors.FilesystemClosed(), 503],
    [new errors.InvalidPath('a'), 400],
    [new errors.IllegalBackReference('..'), 400],
    [new errors.OperationFailed('a', { cause }), 500],
    [new errors.PermissionDenied('a', { cause }), 503],
    [new errors.InsufficientStorage('a', { cause }), 507],
    [new errors.RemoteConnectionError('a', { cause }), 503],
    [new errors.OperationTimeout('a', { cause }), 503],
    [new errors.ResourceNotFound('a', { cause }), 404],
    [new errors.FileExists('a'), 409],
    [new errors.DirectoryExists('a'), 409],
    [new errors.FileExpected('a'), 409],
    [new errors.DirectoryExpected('a'), 409],
    [new errors.ResourceReadOnly('a'), 403],
    [cause, 500],
    [new RangeError('/var/lib/secret'), 500],
  ])('%s is %i, in words of its own', (error, status) => {
    const answer = answerTo(error);
    expect(answer.status).toBe(status);
    expect(answer.detail).not.toMatch(/secret|"a"/);
    expect(answer.headers).toEqual(status === 503 ? { 'Retry-After': expect.any(Number) } : undefined);
  });
});
