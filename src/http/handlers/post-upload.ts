/** POST of a multipart form: stores its files in a directory, all of them or none. */
import { DirectoryExpected } from '../../errors/errors.js';
import { declaredLength, sendJson } from '../answer.js';
import type { Exchange } from '../exchange.js';
import type { FileResource } from '../file-resource.js';
import { describeFile } from '../file-resource.js';
import { HttpProblem } from '../http-problem.js';
import { readForm } from '../multipart.js';
import { refuseEncodedBody, refuseReadBody } from '../request-body.js';
import { signedUpload } from '../signed-request.js';
import { lookUp } from '../stored-file.js';
import { UploadForm } from '../upload-form.js';
import { UploadParameters } from '../upload-parameters.js';
import { routerPolicy, signedPolicy } from '../upload-policy.js';
import { Reservation } from '../usage.js';

export async function postUpload(exchange: Exchange): Promise<void> {
  const { request, response, options } = exchange;
  const signed = signedUpload(exchange);
  if (signed !== null) {
    exchange.grant('upload');
    if (signed.onConflict === 'replace') exchange.grant('replace');
  }
  await exchange.require('upload');
  refuseOtherThanForm(exchange);
  refuseReadBody(request);
  refuseEncodedBody(request);
  const parameters = new UploadParameters(exchange.fs, () => exchange.now(), {
    lifetime: options.lifetime,
    signed,
  });
  await parameters.addQuery(exchange.query);
  await refuseFile(exchange);
  const policy = signed === null ? routerPolicy(options) : signedPolicy(options, signed);
  const { quota } = options;
  const room = quota === null ? null : new Reservation(exchange.service.usage, exchange.fs, quota);
  const form = new UploadForm(exchange, parameters, { policy, room });
  let files: FileResource[];
  try {
    await room?.open(declaredLength(request), true);
    await readForm(request, response, form, policy.maxFiles);
    room?.trim();
    const published = await form.publish();
    files = await Promise.all(
      published.map(({ info, deadline }) => describeFile(exchange, info, deadline, parameters.timeout)),
    );
  } finally {
    await form.discard();
    room?.close();
  }
  sendJson(response, 201, { files }, { Location: files[0]?.url ?? '' });
}

function refuseOtherThanForm({ request: { headers } }: Exchange): void {
  if (/^\s*multipart\/form-data\s*(?:;|$)/i.test(headers['content-type'] ?? '')) return;
  throw new HttpProblem(415, 'Files are posted as multipart/form-data.', {
    'Accept-Post': 'multipart/form-data',
  });
}

/** A form can't go into a file, and that is better said before it has arrived. */
async function refuseFile(exchange: Exchange): Promise<void> {
  if (exchange.path === '') return; // A namespace is a directory, whatever is there.
  const { info } = await lookUp(exchange);
  if (info !== null && !info.isDir) throw new DirectoryExpected(exchange.path);
}
