/** One row of the list: a file or a folder, its link, its countdown and what can be done with it. */
import { serverNow } from './api.js';
import { extensionOf, formatLeft, formatSize } from './format.js';

/** Below this much time the countdown is made to stand out. */
const SOON_MS = 60_000;
const COPIED_STAYS_MS = 2_000;
const SURE_STAYS_MS = 4_000;

export class FileRow {
  #gone = false;
  #parts;

  constructor(template, file, { copy, open, remove }) {
    this.element = template.content.firstElementChild.cloneNode(true);
    const part = (selector) => this.element.querySelector(selector);
    this.#parts = {
      badge: part('.badge'),
      name: part('.name'),
      open: part('.open'),
      size: part('.size'),
      left: part('.left'),
      url: part('.url'),
      error: part('.error'),
      copy: part('.copy'),
      remove: part('.delete'),
    };
    this.#parts.copy.addEventListener('click', () => this.#copy(copy));
    this.#parts.open.addEventListener('click', (event) => {
      // A folder is a place, and its link leads there.
      if (this.file.isDir) return;
      event.preventDefault();
      if (!this.#gone) open(this.file);
    });
    askTwice(this.#parts.remove, () => remove(this));
    this.update(file);
  }

  update(file) {
    this.file = file;
    const { badge, name, open, size, url, copy, remove } = this.#parts;
    badge.textContent = file.isDir ? '' : extensionOf(file.name);
    badge.classList.toggle('folder', file.isDir);
    open.textContent = file.isDir ? `${file.name}/` : file.name;
    open.href = file.isDir ? file.hash : (file.url ?? '#');
    if (!file.isDir) open.setAttribute('aria-haspopup', 'dialog');
    name.title = file.name;
    size.textContent = file.isDir ? 'folder' : formatSize(file.size);
    const linked = !file.isDir && file.url !== null;
    url.hidden = copy.hidden = !linked;
    remove.hidden = file.isDir;
    if (linked) {
      url.href = file.url;
      url.textContent = file.url.replace(/^https?:\/\//, '');
    }
    copy.setAttribute('aria-label', `Copy link of ${file.name}`);
    remove.setAttribute('aria-label', `Delete ${file.name}`);
    this.countDown(serverNow());
  }

  countDown(now) {
    const { expires, isDir } = this.file;
    const { left } = this.#parts;
    if (this.#gone) return;
    if (expires === null) return setText(left, isDir ? '' : 'kept for good');
    const ms = Math.max(0, expires - now);
    setText(left, `gone in ${formatLeft(ms)}`);
    left.classList.toggle('soon', ms <= SOON_MS);
    left.title = `until ${new Date(expires).toLocaleString()}`;
  }

  fail(message) {
    this.#parts.error.textContent = message;
    this.#parts.error.hidden = false;
    this.element.classList.add('failed');
  }

  /** Say that the file is gone. */
  go() {
    const { left, url, open, copy, remove } = this.#parts;
    this.#gone = true;
    this.element.classList.add('gone');
    setText(left, 'gone');
    left.classList.remove('soon');
    url.removeAttribute('href');
    open.removeAttribute('href');
    // The focus stays in the row when the buttons go.
    if (this.element.contains(document.activeElement)) {
      this.element.tabIndex = -1;
      this.element.focus({ preventScroll: true });
    }
    copy.disabled = remove.disabled = true;
  }

  async #copy(copy) {
    const { copy: button } = this.#parts;
    const done = await copy(this.file);
    if (!done) return this.fail('The link could not be copied. Select it and copy it by hand.');
    button.classList.add('done');
    button.querySelector('.label').textContent = 'Copied';
    button.querySelector('use').setAttribute('href', '#icon-check');
    setTimeout(() => {
      button.classList.remove('done');
      button.querySelector('.label').textContent = 'Copy link';
      button.querySelector('use').setAttribute('href', '#icon-copy');
    }, COPIED_STAYS_MS);
  }
}

/** Deleting can't be undone: the first press asks, the second does. */
function askTwice(button, action) {
  const label = button.querySelector('.label');
  let timer = 0;
  const reset = () => {
    clearTimeout(timer);
    timer = 0;
    button.classList.remove('sure');
    label.classList.add('visually-hidden');
    label.textContent = 'Delete';
    const spoken = button.getAttribute('aria-label');
    button.setAttribute('aria-label', spoken.replace(/^Really delete/, 'Delete'));
  };
  button.addEventListener('click', () => {
    if (timer !== 0) {
      reset();
      return action();
    }
    timer = setTimeout(reset, SURE_STAYS_MS);
    button.classList.add('sure');
    label.classList.remove('visually-hidden');
    label.textContent = 'Delete?';
    button.setAttribute('aria-label', button.getAttribute('aria-label').replace(/^Delete/, 'Really delete'));
  });
  button.addEventListener('blur', () => timer !== 0 && reset());
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
