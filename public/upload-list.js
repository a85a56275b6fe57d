/** Rows of uploads that wait, run, failed or were cancelled. One that is done leaves for the list of files. */
import { extensionOf, formatSize } from './format.js';

export class UploadList {
  /** @type {Map<object, HTMLElement>} */
  #rows = new Map();
  #list;
  #template;
  #actions;

  /**
   * @param {{ list: HTMLElement, template: HTMLTemplateElement, actions: { cancel: Function, pause: Function, retry: Function, changed: Function } }} parts
   */
  constructor({ list, template, actions }) {
    this.#list = list;
    this.#template = template;
    this.#actions = actions;
  }

  get count() {
    return this.#rows.size;
  }

  /** Show an upload as it is now. */
  show(upload) {
    if (upload.state === 'done') return this.#drop(upload);
    const row = this.#rows.get(upload) ?? this.#add(upload);
    const ended = upload.state === 'failed' || upload.state === 'cancelled';
    const meta = row.querySelector('.meta');
    const text = describe(upload);
    if (meta.textContent !== text) meta.textContent = text;
    meta.classList.toggle('error', upload.state === 'failed');
    const bar = row.querySelector('progress');
    bar.hidden = ended;
    bar.value = upload.sent;
    row.querySelector('.retry').hidden = !ended;
    showPause(row.querySelector('.pause'), upload, ended);
    const cancel = row.querySelector('.cancel');
    cancel.setAttribute('aria-label', `${ended ? 'Dismiss' : 'Cancel'} ${upload.file.name}`);
  }

  #add(upload) {
    const row = this.#template.content.firstElementChild.cloneNode(true);
    const { name } = upload.file;
    row.querySelector('.badge').textContent = extensionOf(name);
    row.querySelector('.name').textContent = name;
    row.querySelector('.name').title = name;
    row.querySelector('progress').setAttribute('aria-label', `Upload of ${name}`);
    const retry = row.querySelector('.retry');
    retry.setAttribute('aria-label', `Retry ${name}`);
    retry.addEventListener('click', () => {
      row.querySelector('.cancel').focus();
      this.#actions.retry(upload);
    });
    row.querySelector('.pause').addEventListener('click', () => {
      if (upload.state === 'paused') this.#actions.retry(upload);
      else this.#actions.pause(upload);
    });
    row.querySelector('.cancel').addEventListener('click', () => {
      if (['waiting', 'running', 'paused'].includes(upload.state)) this.#actions.cancel(upload);
      else this.#drop(upload);
    });
    this.#rows.set(upload, row);
    this.#list.append(row);
    return row;
  }

  #drop(upload) {
    const row = this.#rows.get(upload);
    if (row === undefined) return;
    const hadFocus = row.contains(document.activeElement);
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.#rows.delete(upload);
    if (hadFocus) neighbour?.querySelector('.cancel')?.focus();
    this.#actions.changed(hadFocus && neighbour === null);
  }
}

function showPause(button, { state, file }, ended) {
  const paused = state === 'paused';
  button.hidden = ended;
  button.querySelector('use').setAttribute('href', paused ? '#icon-play' : '#icon-pause');
  button.setAttribute('aria-label', `${paused ? 'Resume' : 'Pause'} ${file.name}`);
}

function describe({ state, sent, file, error }) {
  const size = formatSize(file.size);
  switch (state) {
    case 'waiting':
      return `${size}, waiting`;
    case 'running':
      // All is sent, and the server is putting it safely away.
      return sent >= 1 ? `${size}, saving…` : `${formatSize(file.size * sent)} of ${size}`;
    case 'paused':
      return `${size}, paused; starts over when resumed`;
    case 'cancelled':
      return 'Cancelled';
    default:
      return error.message;
  }
}
