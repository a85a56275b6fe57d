/**
 * Temporary charts: an image is drawn, gets a URL, and is gone after five minutes.
 *
 *   node examples/temporary-charts.js
 *   curl -L 'http://127.0.0.1:3000/chart?values=3,1,4,1,5'
 */
import { randomUUID } from 'node:crypto';
import express from 'express';
import { createMayfly } from 'mayfly';

const FIVE_MINUTES = 300;

const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot: 'var/files', urlRoot: '/files' },
  expirations: { type: 'sqlite', path: 'var/expirations.db' },
});
const charts = mayfly.getFilesystem('charts');

/** @param {number[]} values */
function draw(values) {
  const highest = Math.max(...values, 1);
  const bars = values.map((value, i) => {
    const height = (90 * value) / highest;
    return `<rect x="${i * 30 + 5}" y="${100 - height}" width="20" height="${height}" fill="teal"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${values.length * 30}" height="100">${bars.join('')}</svg>`;
}

const app = express();
app.use(mayfly.urlRoot, mayfly.router({ allow: ['read'] }));

app.get('/chart', async (req, res) => {
  const values = String(req.query.values ?? '')
    .split(',')
    .map(Number);
  if (!values.every((value) => Number.isFinite(value) && value >= 0)) return res.status(400).end();
  const name = `${randomUUID()}.svg`;
  // File and deadline in one step: nothing is left behind if this process is killed in between.
  await charts.write(name, draw(values), { seconds: FIVE_MINUTES });
  res.redirect(303, await charts.getUrl(name));
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
