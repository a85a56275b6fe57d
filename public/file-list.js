/**
 * The list of what a folder holds, with countdowns.
 *
 * It may be a hundred thousand entries long: there are elements only for those
 * that can be seen, all rows are of one height, and the list is as high as if
 * all were there. Rows are kept by path and updated in place, so that a refresh
 * moves neither focus nor what is being read.
 */
import { serverNow } from './api.js';
import { FileRow } from './file-row.js';

/** How long a row stays to say that its file is gone. */
const GONE_STAYS_MS = 15_000;
/** Rows made ahead of the reader, above and below. */
const AHEAD = 10;
/** So many rows before the end of what is known, more is asked for. */
const MORE_BEFORE = 200;

export class FileList {
  /** Uploaded while this folder is shown: on top. */
  #fresh = [];
  /** In the order of the server. */
  #listed = [];
  /** @type {Map<string, { file: object, goneSince: number | null }>} all that is known, by path */
  #known = new Map();
  /** @type {Map<string, FileRow>} those that have an element */
  #rows = new Map();
  #rowHeight = 0;
  #complete = true;
  #list;
  #template;
  #actions;
  #onCount;

  /**
   * @param {{ list: HTMLElement, template: HTMLTemplateElement, actions: { copy: Function, open: Function, remove: Function, say: Function, emptied: Function, more: Function }, onCount: (count: number) => void }} parts
   */
  constructor({ list, template, actions, onCount }) {
    this.#list = list;
    this.#template = template;
    this.#actions = actions;
    this.#onCount = onCount;
    setInterval(() => this.#tick(), 250);
    let asked = false;
    const redraw = () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        this.#draw();
      });
    };
    addEventListener('scroll', redraw, { passive: true });
    addEventListener('resize', () => {
      this.#rowHeight = 0;
      redraw();
    });
  }

  /** Files and folders that are there. */
  get count() {
    let count = 0;
    for (const { goneSince } of this.#known.values()) if (goneSince === null) count++;
    return count;
  }

  clear() {
    for (const row of this.#rows.values()) row.element.remove();
    this.#rows.clear();
    this.#known.clear();
    this.#fresh = [];
    this.#listed = [];
    this.#changed();
  }

  /** A file that was just uploaded: on top. */
  addNew(file) {
    this.#forget(file.path);
    this.#known.set(file.path, { file, goneSince: null });
    this.#fresh.unshift(file.path);
    this.#changed();
  }

  /** A file of which something has changed. */
  update(file) {
    const known = this.#known.get(file.path);
    if (known === undefined) return;
    known.file = { ...known.file, ...file };
    this.#rows.get(file.path)?.update(known.file);
    this.#changed();
  }

  /** A page as listed: known files are brought up to date, others come after. */
  merge(files, { complete }) {
    this.#complete = complete;
    for (const file of files) {
      if (file.expires !== null && file.expires <= serverNow()) continue;
      const known = this.#known.get(file.path);
      if (known === undefined || known.goneSince !== null) {
        this.#forget(file.path);
        this.#listed.push(file.path);
      }
      this.#known.set(file.path, { file, goneSince: null });
      this.#rows.get(file.path)?.update(file);
    }
    this.#changed();
  }

  /** Forget files that a complete listing no longer has, but for rows that still say so. */
  keepOnly(paths) {
    for (const [path, { goneSince }] of [...this.#known]) {
      if (goneSince === null && !paths.has(path)) this.#forget(path);
    }
    this.#changed();
  }

  paths() {
    return [...this.#known.keys()];
  }

  get #order() {
    return [...this.#fresh, ...this.#listed];
  }

  #forget(path) {
    if (!this.#known.delete(path)) return;
    this.#rows.get(path)?.element.remove();
    this.#rows.delete(path);
    const isNot = (other) => other !== path;
    if (this.#fresh.includes(path)) this.#fresh = this.#fresh.filter(isNot);
    else this.#listed = this.#listed.filter(isNot);
  }

  /** Make the elements of what can be seen, and let the others go. */
  #draw() {
    const order = this.#order;
    this.#measure(order[0]);
    const height = this.#rowHeight || 1;
    this.#list.style.height = `${order.length * height}px`;
    const top = this.#list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(-top / height) - AHEAD);
    const end = Math.min(order.length, Math.ceil((innerHeight - top) / height) + AHEAD);
    const seen = new Set(order.slice(first, end));
    this.#dropUnseen(seen);
    const places = new Map(order.slice(first, end).map((path, i) => [path, first + i]));
    // The focused row may be far away; its place has to be right all the same.
    for (const path of this.#rows.keys()) if (!places.has(path)) places.set(path, order.indexOf(path));
    this.#place(places, order.length);
    if (!this.#complete && end > order.length - MORE_BEFORE) this.#actions.more();
  }

  #dropUnseen(seen) {
    for (const [path, row] of this.#rows) {
      if (seen.has(path) || row.element.contains(document.activeElement)) continue;
      row.element.remove();
      this.#rows.delete(path);
    }
  }

  /** Elements in the order of the list, for who reads with a screen reader or by Tab. */
  #place(places, length) {
    const sorted = [...places].sort(([, a], [, b]) => a - b);
    let previous = null;
    for (const [path, place] of sorted) {
      const row = this.#rows.get(path) ?? this.#make(path);
      row.element.style.transform = `translateY(${place * this.#rowHeight}px)`;
      row.element.setAttribute('aria-posinset', String(place + 1));
      row.element.setAttribute('aria-setsize', this.#complete ? String(length) : '-1');
      const next = previous === null ? this.#list.firstElementChild : previous.nextElementSibling;
      if (next !== row.element) this.#list.insertBefore(row.element, next);
      previous = row.element;
    }
  }

  #measure(path) {
    if (this.#rowHeight > 0) return;
    if (path === undefined) return;
    const { element } = this.#rows.get(path) ?? this.#make(path);
    if (!element.isConnected) this.#list.append(element);
    this.#rowHeight = element.offsetHeight;
  }

  #make(path) {
    const { file, goneSince } = this.#known.get(path);
    const row = new FileRow(this.#template, file, {
      copy: this.#actions.copy,
      open: this.#actions.open,
      remove: (removed) => this.#remove(removed),
    });
    if (goneSince !== null) row.go();
    this.#rows.set(path, row);
    return row;
  }

  async #remove(row) {
    const { path, name } = row.file;
    try {
      await this.#actions.remove(path);
    } catch (error) {
      return row.fail(error.message);
    }
    // Another folder may be shown by now.
    if (this.#rows.get(path) !== row) return;
    const neighbour = row.element.nextElementSibling ?? row.element.previousElementSibling;
    this.#forget(path);
    this.#changed();
    // The button that had the focus is gone: leave the reader next to where it was.
    const next = neighbour?.querySelector('.delete:not([hidden])');
    if (next) next.focus();
    else this.#actions.emptied();
    this.#actions.say(`${name} deleted`);
  }

  #tick() {
    const now = serverNow();
    let changed = false;
    for (const [path, known] of this.#known) {
      const row = this.#rows.get(path);
      if (known.goneSince !== null) {
        if (now - known.goneSince < GONE_STAYS_MS || row?.element.contains(document.activeElement)) continue;
        this.#forget(path);
        changed = true;
      } else if (known.file.expires !== null && known.file.expires <= now) {
        known.goneSince = now;
        row?.go();
        this.#actions.say(`${known.file.name} is gone`);
        changed = true;
      } else row?.countDown(now);
    }
    if (changed) this.#changed();
  }

  #changed() {
    this.#list.hidden = this.#known.size === 0;
    this.#draw();
    this.#onCount(this.count);
  }
}
