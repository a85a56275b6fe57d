/** DELETE of one file, with its deadline. */
import { FileExpected, ResourceNotFound } from '../../errors/errors.js';
import type { Info } from '../../fs/info.js';
import { send } from '../answer.js';
import type { Exchange } from '../exchange.js';
import { preconditionFailed } from '../http-problem.js';
import { evaluateConditions, isConditional } from '../semantics/conditional.js';
import { lookUp } from '../stored-file.js';

export async function deleteFile(exchange: Exchange): Promise<void> {
  const { fs, path, request, response, namesDirectory } = exchange;
  await exchange.require('remove');
  const { info } = await lookUp(exchange);
  if (info?.isDir) throw new FileExpected(path);
  if (namesDirectory) throw new ResourceNotFound(path);
  const check = (current: Info | null): void => {
    if (current !== null && evaluateConditions('DELETE', request.headers, current) === 'failed') {
      throw preconditionFailed();
    }
  };
  check(info);
  // Also when nothing is there: a deadline that waits for a file goes too. What is conditional is
  // looked at again when nobody else can change it.
  await fs.remove(path, isConditional(request.headers) ? { check } : {});
  exchange.usageChanged();
  send(response, 204);
}
