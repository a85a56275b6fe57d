/** DELETE of one file, with its deadline. */
import { FileExpected, ResourceNotFound } from '../../errors/errors.js';
import { send } from '../answer.js';
import type { Exchange } from '../exchange.js';
import { preconditionFailed } from '../http-problem.js';
import { evaluateConditions } from '../semantics/conditional.js';
import { lookUp } from '../stored-file.js';

export async function deleteFile(exchange: Exchange): Promise<void> {
  const { fs, path, request, response, namesDirectory } = exchange;
  await exchange.require('remove');
  const { info } = await lookUp(exchange);
  if (info?.isDir) throw new FileExpected(path);
  if (namesDirectory) throw new ResourceNotFound(path);
  if (info !== null && evaluateConditions('DELETE', request.headers, info) === 'failed') {
    throw preconditionFailed();
  }
  // Also when nothing is there: a deadline that waits for a file goes too.
  await fs.remove(path);
  exchange.usageChanged();
  send(response, 204);
}
