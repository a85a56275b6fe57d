/**
 * Uploads with a claim: what is uploaded while somebody fills in a form is kept
 * for an hour, and for good once the form has been sent. Who never sends it
 * leaves nothing behind.
 *
 *   node examples/uploads-with-claim.js
 *   curl -F file=@photo.jpg http://127.0.0.1:3000/files/attachments
 *   curl --json '{"text":"Look!","attachments":["photo.jpg"]}' http://127.0.0.1:3000/messages
 */
import express from 'express';
import { createMayfly } from 'mayfly';

const ONE_HOUR = 3600;

const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot: 'var/files', urlRoot: '/files' },
  expirations: { type: 'sqlite', path: 'var/expirations.db' },
});
const attachments = mayfly.getFilesystem('attachments');

const app = express();

// However it is uploaded, and whatever the client asks for.
const lifetime = { max: ONE_HOUR };
app.use(mayfly.urlRoot, mayfly.router({ allow: ['read', 'upload'], namespaces: ['attachments'], lifetime }));

/** Whether a file is there and has not expired: only then can it be claimed. */
async function isThere(path) {
  const deadline = await attachments.getExpiration(path);
  return (deadline === null || deadline > new Date()) && attachments.isFile(path);
}

app.post('/messages', express.json(), async (req, res) => {
  const { text, attachments: paths = [] } = req.body;
  const there = await Promise.all(paths.map(isThere));
  if (there.includes(false)) {
    return res.status(409).json({ error: 'An attachment was uploaded too long ago: upload it again.' });
  }
  for (const path of paths) await attachments.expire(path, 0, 0, false);
  const urls = await Promise.all(paths.map((path) => attachments.getUrl(path)));
  res.status(201).json({ text, attachments: urls });
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
