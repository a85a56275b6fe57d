/** Wires the page: what is chosen goes to the queue, what is stored goes to the list. */
import { listFiles, listNamespaces, removeFile, setToken, uploadFile } from './api.js';
import { copyText } from './clipboard.js';
import { listenToDrops } from './drops.js';
import { FileDialog } from './file-dialog.js';
import { FileList } from './file-list.js';
import { drawCrumbs, hashOf, isNamespace, parsePlace } from './place.js';
import { UploadList } from './upload-list.js';
import { UploadQueue } from './upload-queue.js';

/** Answers by which a server says that it does not list, or that a folder is not there yet. */
const NO_LISTING = [404, 405, 406];
/** Longer lists are not fetched anew when the reader comes back to the page. */
const SHORT_LIST = 500;

const $ = (id) => document.getElementById(id);
const namespaceField = $('namespace');
const secondsField = $('seconds');

let place = parsePlace(location.hash);
let cursor = null;
/** Counts listings, so that a late answer for another place is not shown. */
let listing = 0;
let loading = false;

const dialog = new FileDialog($('details'), {
  copyText,
  changed: (file) => files.update(file),
  failed: (error) => error.status === 401 && showTokenForm(),
});

const files = new FileList({
  list: $('list'),
  template: $('file-row'),
  onCount: showCount,
  actions: {
    copy: async ({ url, name }) => {
      const done = await copyText(url);
      if (done) say(`Link of ${name} copied`);
      return done;
    },
    open: (file) => dialog.open(place.namespace, file),
    remove: (path) => removeFile(place.namespace, path).catch(askForToken),
    say,
    emptied: () => $('list-title').focus(),
    more: showMore,
  },
});

const queue = new UploadQueue(uploadFile, (upload) => {
  uploads.show(upload);
  showUploads();
  if (upload.state === 'done') stored(upload);
  if (upload.state === 'failed') {
    say(`${upload.file.name} was not uploaded: ${upload.error.message}`);
    if (upload.error.status === 401) showTokenForm();
  }
});

const uploads = new UploadList({
  list: $('uploads'),
  template: $('upload-row'),
  actions: {
    cancel: (upload) => queue.cancel(upload),
    pause: (upload) => queue.pause(upload),
    retry: (upload) => queue.retry(upload),
    changed: (lostFocus) => {
      showUploads();
      if (lostFocus) $('choose').focus();
    },
  },
});

function stored({ stored: file, namespace, folder }) {
  say(`${file.name} uploaded`);
  if (namespace === place.namespace && folder === place.folder) files.addNew(file);
}

/** Take what was chosen, dropped or pasted. */
function take(chosen) {
  const seconds = lifetime();
  if (chosen.length === 0 || !checkNamespace() || seconds === undefined) return;
  for (const file of chosen) queue.add(file, place, seconds);
  say(chosen.length === 1 ? `Uploading ${chosen[0].name}` : `Uploading ${chosen.length} files`);
}

/** @returns seconds, `null` for ever, `undefined` when the field is not filled in properly */
function lifetime() {
  const { value } = document.querySelector('input[name="lifetime"]:checked');
  if (value === 'forever') return null;
  if (value !== 'custom') return Number(value);
  return secondsField.reportValidity() ? secondsField.valueAsNumber : undefined;
}

function checkNamespace() {
  const valid = isNamespace(namespaceField.value);
  namespaceField.setAttribute('aria-invalid', String(!valid));
  $('namespace-error').hidden = valid;
  if (!valid) namespaceField.focus();
  return valid;
}

function changeNamespace() {
  if (!checkNamespace() || namespaceField.value === place.namespace) return;
  location.hash = hashOf({ namespace: namespaceField.value, folder: '' });
}

function openFolder(event) {
  event.preventDefault();
  const name = $('folder').value.trim();
  const bad = name === '' || name.startsWith('.') || /[/\p{Cc}]/u.test(name);
  $('folder-error').hidden = !bad;
  $('folder-error').textContent = bad ? 'A folder has no slash in its name, and no dot at the start.' : '';
  if (bad) return;
  $('folder').value = '';
  location.hash = hashOf({ ...place, folder: place.folder === '' ? name : `${place.folder}/${name}` });
}

function showPlace() {
  place = parsePlace(location.hash);
  namespaceField.value = place.namespace;
  checkNamespace();
  const name = place.folder.split('/').at(-1) || place.namespace;
  $('list-namespace').textContent = name;
  document.title = name === 'demo' ? 'mayfly' : `${name} · mayfly`;
  drawCrumbs($('crumbs'), place);
  files.clear();
  void refresh();
}

/** A folder's row leads to it. */
function withHash(entries) {
  return entries.map((file) =>
    file.isDir ? { ...file, hash: hashOf({ ...place, folder: file.path }) } : file,
  );
}

/** List anew from the start, keeping the rows that are still right. */
async function refresh() {
  const mine = ++listing;
  const before = files.paths();
  loading = true;
  try {
    const page = await listFiles(place, null);
    if (mine !== listing) return;
    files.merge(withHash(page.entries), { complete: page.cursor === null });
    if (page.cursor === null) {
      // What was uploaded while the answer was on its way is not in it, and stays.
      const listed = new Set(page.entries.map(({ path }) => path));
      const late = files.paths().filter((path) => !before.includes(path));
      files.keepOnly(new Set([...listed, ...late]));
    }
    showListed(page.cursor);
  } catch (error) {
    if (mine === listing) showListError(error);
  } finally {
    if (mine === listing) loading = false;
  }
}

async function showMore() {
  if (loading || cursor === null) return;
  const mine = listing;
  loading = true;
  try {
    const page = await listFiles(place, cursor);
    if (mine !== listing) return;
    cursor = page.cursor;
    // Drawing may ask for more right away.
    loading = false;
    files.merge(withHash(page.entries), { complete: page.cursor === null });
    showListed(cursor);
  } catch (error) {
    if (mine === listing) showListError(error);
  } finally {
    if (mine === listing) loading = false;
  }
}

function showListed(next) {
  cursor = next;
  $('more').hidden = next === null;
  $('list-error').hidden = true;
  showCount(files.count);
}

function showListError(error) {
  const unlisted = NO_LISTING.includes(error.status);
  $('list-error').hidden = unlisted;
  $('list-error').textContent =
    error.status === 401 ? 'The list is shown to who has the token.' : error.message;
  if (error.status === 401) showTokenForm();
  $('more').hidden = true;
  showCount(files.count);
}

function showCount(count) {
  const more = $('more').hidden ? '' : '+';
  $('list-count').textContent = count === 0 ? '' : `${count}${more}`;
  $('empty').hidden = !$('list').hidden || !$('list-error').hidden;
}

function showUploads() {
  $('uploads-section').hidden = uploads.count === 0;
  const { active, paused } = queue;
  const toGo = active + paused;
  $('uploads-count').textContent = toGo === 0 ? '' : `${toGo} to go`;
  $('uploads-total').value = queue.progress;
  $('uploads-total').hidden = toGo === 0;
  $('pause-all').hidden = $('cancel-all').hidden = toGo === 0;
  $('pause-all').textContent = active === 0 && paused > 0 ? 'Resume all' : 'Pause all';
}

function showTokenForm() {
  if (!$('token-form').hidden) return;
  $('token-form').hidden = false;
  $('token').focus();
}

function askForToken(error) {
  if (error.status === 401) showTokenForm();
  throw error;
}

function say(message) {
  $('status').textContent = message;
}

/** Names to choose from; one may also write a new one. */
async function offerNamespaces() {
  const names = await listNamespaces().catch(() => []);
  const options = names.map((name) => Object.assign(document.createElement('option'), { value: name }));
  $('namespaces').replaceChildren(...options);
}

function listenToControls() {
  $('choose').addEventListener('click', () => {
    if (checkNamespace() && lifetime() !== undefined) $('files').click();
  });
  $('files').addEventListener('change', ({ target }) => {
    const chosen = [...target.files];
    // So that the same file can be chosen again.
    target.value = '';
    take(chosen);
  });
  $('lifetimes').addEventListener('change', ({ target }) => {
    if (target.name !== 'lifetime') return;
    $('custom-lifetime').hidden = target.value !== 'custom';
  });
  namespaceField.addEventListener('change', changeNamespace);
  namespaceField.addEventListener('input', () => $('namespace-error').hidden || checkNamespace());
  namespaceField.addEventListener('focus', offerNamespaces);
  $('folder-form').addEventListener('submit', openFolder);
  $('refresh').addEventListener('click', () => {
    if (cursor !== null) files.clear();
    void refresh();
  });
  $('more').addEventListener('click', () => showMore());
  $('pause-all').addEventListener('click', () => (queue.active > 0 ? queue.pauseAll() : queue.resumeAll()));
  $('cancel-all').addEventListener('click', () => queue.cancelAll());
  $('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    setToken($('token').value.trim());
    $('token-form').hidden = true;
    $('choose').focus();
    void refresh();
  });
  addEventListener('focus', () => files.count <= SHORT_LIST && cursor === null && refresh());
  addEventListener('hashchange', showPlace);
  addEventListener('beforeunload', (event) => queue.active + queue.paused > 0 && event.preventDefault());
}

listenToDrops({ box: $('drop'), note: $('drop-note'), take });
listenToControls();
showPlace();
