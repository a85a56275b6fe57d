/**
 * The list of what a namespace holds, with countdowns.
 *
 * Rows are kept by path and updated in place, so that a refresh moves neither
 * focus nor what is being read.
 */
import { serverNow } from './api.js';
import { extensionOf, formatLeft, formatSize } from './format.js';

/** How long a row stays to say that its file is gone. */
const GONE_STAYS_MS = 15_000;
/** Below this much time the countdown is made to stand out. */
const SOON_MS = 60_000;
const COPIED_STAYS_MS = 2_000;
const SURE_STAYS_MS = 4_000;

export class FileList {
  /** @type {Map<string, FileRow>} */
  #rows = new Map();
  #list;
  #template;
  #actions;
  #onCount;

  /**
   * @param {{ list: HTMLElement, template: HTMLTemplateElement, actions: { copy: Function, remove: Function, say: Function, emptied: Function }, onCount: (count: number) => void }} parts
   */
  constructor({ list, template, actions, onCount }) {
    this.#list = list;
    this.#template = template;
    this.#actions = actions;
    this.#onCount = onCount;
    setInterval(() => this.#tick(), 250);
  }

  /** Files that are still there. */
  get count() {
    return [...this.#rows.values()].filter((row) => !row.gone).length;
  }

  clear() {
    for (const row of this.#rows.values()) row.element.remove();
    this.#rows.clear();
    this.#changed();
  }

  /** A file that was just uploaded: on top. */
  addNew(file) {
    this.#rows.get(file.path)?.element.remove();
    this.#rows.delete(file.path);
    this.#insert(file, 'prepend');
    this.#changed();
  }

  /** Files as listed: known ones are brought up to date, others come after. */
  merge(files) {
    for (const file of files) {
      if (file.expires !== null && file.expires <= serverNow()) continue;
      const row = this.#rows.get(file.path);
      if (row === undefined || row.gone) {
        row?.element.remove();
        this.#insert(file, 'append');
      } else {
        row.update(file);
      }
    }
    this.#changed();
  }

  /** Forget files that a complete listing no longer has, but for rows that still say so. */
  keepOnly(paths) {
    for (const [path, row] of this.#rows) if (!row.gone && !paths.has(path)) this.#drop(path);
    this.#changed();
  }

  paths() {
    return [...this.#rows.keys()];
  }

  #insert(file, how) {
    const row = new FileRow(this.#template, file, {
      copy: this.#actions.copy,
      remove: (removed) => this.#remove(removed),
    });
    this.#rows.set(file.path, row);
    this.#list[how](row.element);
  }

  async #remove(row) {
    const { path, name } = row.file;
    try {
      await this.#actions.remove(path);
    } catch (error) {
      return row.fail(error.message);
    }
    // Another namespace may be shown by now.
    if (this.#rows.get(path) !== row) return;
    const neighbour = row.element.nextElementSibling ?? row.element.previousElementSibling;
    this.#drop(path);
    this.#changed();
    // The button that had the focus is gone: leave the reader next to where it was.
    const next = neighbour?.querySelector('.delete');
    if (next) next.focus();
    else this.#actions.emptied();
    this.#actions.say(`${name} deleted`);
  }

  #drop(path) {
    this.#rows.get(path)?.element.remove();
    this.#rows.delete(path);
  }

  #tick() {
    const now = serverNow();
    let changed = false;
    for (const [path, row] of this.#rows) {
      if (row.goneSince !== null) {
        if (now - row.goneSince < GONE_STAYS_MS || row.element.contains(document.activeElement)) continue;
        this.#drop(path);
        changed = true;
      } else if (row.countDown(now)) {
        this.#actions.say(`${row.file.name} is gone`);
        changed = true;
      }
    }
    if (changed) this.#changed();
  }

  #changed() {
    this.#list.hidden = this.#rows.size === 0;
    this.#onCount(this.count);
  }
}

class FileRow {
  /** When the countdown ended, by the server's clock. */
  goneSince = null;
  #parts;

  constructor(template, file, { copy, remove }) {
    this.element = template.content.firstElementChild.cloneNode(true);
    const part = (selector) => this.element.querySelector(selector);
    this.#parts = {
      badge: part('.badge'),
      name: part('.name'),
      size: part('.size'),
      left: part('.left'),
      url: part('.url'),
      error: part('.error'),
      copy: part('.copy'),
      remove: part('.delete'),
    };
    this.#parts.copy.addEventListener('click', () => this.#copy(copy));
    askTwice(this.#parts.remove, () => remove(this));
    this.update(file);
  }

  get gone() {
    return this.goneSince !== null;
  }

  update(file) {
    this.file = file;
    const { badge, name, size, url, copy, remove } = this.#parts;
    badge.textContent = file.isDir ? '' : extensionOf(file.name);
    badge.classList.toggle('folder', file.isDir);
    name.textContent = file.isDir ? `${file.name}/` : file.name;
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

  /** @returns whether the file has gone right now */
  countDown(now) {
    const { expires, isDir } = this.file;
    const { left } = this.#parts;
    if (expires === null) {
      setText(left, isDir ? '' : 'kept for good');
      return false;
    }
    const ms = expires - now;
    if (ms <= 0) {
      this.#go(now);
      return true;
    }
    setText(left, `gone in ${formatLeft(ms)}`);
    left.classList.toggle('soon', ms <= SOON_MS);
    left.title = `until ${new Date(expires).toLocaleString()}`;
    return false;
  }

  fail(message) {
    this.#parts.error.textContent = message;
    this.#parts.error.hidden = false;
  }

  #go(now) {
    const { left, url, copy, remove } = this.#parts;
    this.goneSince = now;
    this.element.classList.add('gone');
    setText(left, 'gone');
    left.classList.remove('soon');
    url.removeAttribute('href');
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
