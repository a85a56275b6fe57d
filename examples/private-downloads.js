/**
 * Private downloads: everybody sees his own documents, after signing in. The
 * session (express-session) decides who may have a link; the link alone is
 * what the file is served by, for a minute, so that files need no session, and
 * could come from another origin or straight from S3.
 *
 *   npm install express-session
 *   SESSION_SECRET=$(openssl rand -base64 32) URL_SECRET=$(openssl rand -base64 32) \
 *     node examples/private-downloads.js
 *
 * and open http://127.0.0.1:3000: ada's password is "lovelace", grace's "hopper".
 */
import { scryptSync, timingSafeEqual } from 'node:crypto';
import express from 'express';
import session from 'express-session';
import { createMayfly } from 'mayfly';

const LINK_SECONDS = 60;

const mayfly = createMayfly({
  storage: { type: 'osfs', directoryRoot: 'var/files', urlRoot: '/files' },
  expirations: { type: 'sqlite', path: 'var/expirations.db' },
  // Without a signature no file is served, to nobody.
  urls: { secrets: [process.env.URL_SECRET], required: true },
});
const documents = mayfly.getFilesystem('documents');
await documents.write('ada/notes.txt', 'On the Analytical Engine\n');
await documents.write('grace/report.txt', 'First actual case of bug being found\n');

const hash = (password, user) => scryptSync(password, `a salt of your own, for ${user}`, 32);
/** In place of your database of users. */
const users = new Map([
  ['ada', hash('lovelace', 'ada')],
  ['grace', hash('hopper', 'grace')],
]);

function isPassword(user, password) {
  // Also of nobody a password is computed, so that time does not tell who there is.
  const given = hash(password, user);
  return timingSafeEqual(given, users.get(user) ?? Buffer.alloc(given.length));
}

const app = express();
app.use(mayfly.urlRoot, mayfly.router({ allow: ['read'], namespaces: ['documents'] }));

app.use(
  session({
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    // Lax: no form of another site comes with it. Behind TLS say secure: true as well.
    cookie: { httpOnly: true, sameSite: 'lax', maxAge: 3_600_000 },
  }),
);

app.post('/sign-in', express.urlencoded(), (req, res, next) => {
  const { user = '', password = '' } = req.body ?? {};
  if (typeof user !== 'string' || typeof password !== 'string' || !isPassword(user, password)) {
    return res.status(401).type('text').send('No such user, or another password.\n');
  }
  // A new session, or whoever gave the visitor his old one would be signed in, too.
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = user;
    res.redirect(303, '/');
  });
});

app.post('/sign-out', (req, res, next) => {
  req.session.destroy((error) => (error ? next(error) : res.redirect(303, '/')));
});

const FORM = `<form method="post" action="/sign-in">
  <label>Name <input name="user" autocomplete="username"></label>
  <label>Password <input name="password" type="password" autocomplete="current-password"></label>
  <button>Sign in</button>
</form>`;

/** Names of the files of a user. */
async function filesOf(user) {
  return (await documents.isDir(user)) ? documents.listDir(user) : [];
}

const escaped = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);

app.get('/', async (req, res) => {
  const { user } = req.session;
  if (user === undefined) return res.send(FORM);
  const names = await filesOf(user);
  const items = names.map(
    (name) => `<li><a href="/documents/${encodeURIComponent(name)}">${escaped(name)}</a></li>`,
  );
  res.send(
    `<ul>${items.join('')}</ul><form method="post" action="/sign-out"><button>Sign out</button></form>`,
  );
});

// The address that people keep: it asks for the session each time, and leads to a link that nobody else could make.
app.get('/documents/:name', async (req, res) => {
  const { user } = req.session;
  if (user === undefined) return res.redirect(303, '/');
  const { name } = req.params;
  // Only what is on his list: no spelling of a name leads anywhere else.
  if (!(await filesOf(user)).includes(name)) return res.status(404).type('text').send('No such file.\n');
  res.set('Cache-Control', 'no-store');
  res.redirect(303, await documents.getUrl(`${user}/${name}`, { timeout: LINK_SECONDS, download: name }));
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
