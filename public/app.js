/** Wires the page: what is chosen goes to the queue, what is stored goes to the list. */
import { listFiles, removeFile, setToken, uploadFile } from './api.js';
import { FileList } from './file-list.js';
import { UploadList } from './upload-list.js';
import { UploadQueue } from './upload-queue.js';

const NAMESPACE = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;
/** Answers by which a server says that it does not list. */
const NO_LISTING = [404, 405, 406];

const $ = (id) => document.getElementById(id);
const namespaceField = $('namespace');
const secondsField = $('seconds');
const drop = $('drop');

let namespace = NAMESPACE.test(decodeHash()) ? decodeHash() : 'demo';
let cursor = null;
/** Counts listings, so that a late answer for another namespace is not shown. */
let listing = 0;

const files = new FileList({
  list: $('list'),
  template: $('file-row'),
  onCount: showCount,
  actions: {
    copy: copyLink,
    remove: (path) => removeFile(namespace, path).catch(askForToken),
    say,
    emptied: () => $('list-title').focus(),
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
    retry: (upload) => queue.retry(upload),
    changed: (lostFocus) => {
      showUploads();
      if (lostFocus) $('choose').focus();
    },
  },
});

function stored({ stored: file, namespace: where }) {
  say(`${file.name} uploaded`);
  if (where === namespace) files.addNew(file);
}

/** Take what was chosen, dropped or pasted. */
function take(chosen) {
  const seconds = lifetime();
  if (chosen.length === 0 || !checkNamespace() || seconds === undefined) return;
  for (const file of chosen) queue.add(file, namespace, seconds);
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
  const valid = NAMESPACE.test(namespaceField.value);
  namespaceField.setAttribute('aria-invalid', String(!valid));
  $('namespace-error').hidden = valid;
  if (!valid) namespaceField.focus();
  return valid;
}

function changeNamespace() {
  if (!checkNamespace() || namespaceField.value === namespace) return;
  namespace = namespaceField.value;
  history.replaceState(null, '', namespace === 'demo' ? location.pathname : `#${namespace}`);
  showNamespace();
}

function showNamespace() {
  namespaceField.value = namespace;
  $('list-namespace').textContent = namespace;
  files.clear();
  void refresh();
}

/** List anew from the start, keeping the rows that are still right. */
async function refresh() {
  const mine = ++listing;
  const before = files.paths();
  try {
    const page = await listFiles(namespace, null);
    if (mine !== listing) return;
    files.merge(page.entries);
    if (page.cursor === null) {
      // What was uploaded while the answer was on its way is not in it, and stays.
      const listed = new Set(page.entries.map(({ path }) => path));
      const late = files.paths().filter((path) => !before.includes(path));
      files.keepOnly(new Set([...listed, ...late]));
    }
    showListed(page.cursor);
  } catch (error) {
    if (mine === listing) showListError(error);
  }
}

async function showMore() {
  const mine = listing;
  try {
    const page = await listFiles(namespace, cursor);
    if (mine !== listing) return;
    files.merge(page.entries);
    showListed(page.cursor);
  } catch (error) {
    if (mine === listing) showListError(error);
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
  showCount(files.count);
}

function showCount(count) {
  const more = $('more').hidden ? '' : '+';
  $('list-count').textContent = count === 0 ? '' : `${count}${more}`;
  $('empty').hidden = !$('list').hidden || !$('list-error').hidden;
}

function showUploads() {
  $('uploads-section').hidden = uploads.count === 0;
  const { active } = queue;
  $('uploads-count').textContent = active === 0 ? '' : `${active} to go`;
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

async function copyLink({ url, name }) {
  const copied = await navigator.clipboard?.writeText(url).then(
    () => true,
    () => false,
  );
  // Over plain http from another machine there is no clipboard but the old one.
  const done = copied || copyByHand(url);
  if (done) say(`Link of ${name} copied`);
  return done;
}

function copyByHand(text) {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  focused?.focus();
  return done;
}

function decodeHash() {
  return location.hash.slice(1);
}

/** Folders come as files that can't be read: leave them out, and say so. */
function filesOf(transfer) {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const folders = items.filter((item) => item.webkitGetAsEntry?.()?.isDirectory);
  const plain = items.filter((item) => !folders.includes(item)).map((item) => item.getAsFile());
  $('drop-note').textContent =
    folders.length > 0 ? 'Folders are left out: drop the files that are in them.' : '';
  return plain.filter((file) => file !== null);
}

function listenToDrops() {
  // Over a child the page gets a leave and an enter: count them to know when the pointer is really outside.
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  const mark = () => drop.classList.toggle('over', depth > 0);
  window.addEventListener('dragenter', (event) => {
    if (!carriesFiles(event)) return;
    depth++;
    mark();
  });
  window.addEventListener('dragleave', (event) => {
    if (!carriesFiles(event)) return;
    depth--;
    mark();
  });
  // A file dropped beside the box must not replace the page, so all of it takes files.
  window.addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault());
  window.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    mark();
    take(filesOf(event.dataTransfer));
  });
  window.addEventListener('paste', (event) => take([...(event.clipboardData?.files ?? [])]));
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
  $('refresh').addEventListener('click', () => refresh());
  $('more').addEventListener('click', () => showMore());
  $('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    setToken($('token').value.trim());
    $('token-form').hidden = true;
    $('choose').focus();
    void refresh();
  });
  window.addEventListener('focus', () => refresh());
  window.addEventListener('hashchange', () => {
    if (!NAMESPACE.test(decodeHash())) return;
    namespace = decodeHash();
    showNamespace();
  });
  window.addEventListener('beforeunload', (event) => queue.active > 0 && event.preventDefault());
}

listenToDrops();
listenToControls();
showNamespace();
