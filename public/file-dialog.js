/** All about one file: a preview, its links, its lifetime, download. */
import { expireFile, makeLink, readText, serverNow } from './api.js';
import { formatLeft, formatSize } from './format.js';

const KINDS = [
  ['image', /\.(?:png|jpe?g|gif|webp|avif|svg|ico|bmp)$/i],
  ['video', /\.(?:mp4|webm|ogv|mov|m4v)$/i],
  ['audio', /\.(?:mp3|ogg|oga|opus|wav|flac|m4a|aac)$/i],
  ['pdf', /\.pdf$/i],
  [
    'text',
    /\.(?:txt|md|csv|tsv|json|log|ya?ml|toml|ini|xml|html?|css|m?[jt]sx?|py|rb|go|rs|c|h|cpp|java|sh|sql)$/i,
  ],
];

/** For a browser to begin a download. */
const DOWNLOAD_SECONDS = 60;

/** How a file of this name can be shown; null: it can't. */
export function previewKind(name) {
  return KINDS.find(([, form]) => form.test(name))?.[0] ?? null;
}

export class FileDialog {
  #dialog;
  #part;
  #actions;
  #file = null;
  #namespace = '';
  #opener = null;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {{ copyText: (text: string) => Promise<boolean>, changed: (file: object) => void, failed: (error: Error) => void }} actions
   */
  constructor(dialog, actions) {
    this.#dialog = dialog;
    this.#actions = actions;
    this.#part = (id) => dialog.querySelector(`#${id}`);
    this.#part('details-close').addEventListener('click', () => dialog.close());
    this.#part('details-copy').addEventListener('click', () => this.#copyLink());
    this.#part('details-download').addEventListener('click', (event) => {
      if (isSigned(this.#file.url)) this.#submit(event, () => this.#download());
    });
    this.#part('link-form').addEventListener('submit', (event) =>
      this.#submit(event, () => this.#copyTemporary()),
    );
    this.#part('lifetime-form').addEventListener('submit', (event) =>
      this.#submit(event, () => this.#setLifetime()),
    );
    // Only outside of the box is the target the dialog itself.
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    dialog.addEventListener('close', () => this.#closed());
    setInterval(() => this.#tellMeta(), 500);
  }

  open(namespace, file) {
    this.#namespace = namespace;
    this.#file = file;
    this.#opener = document.activeElement;
    this.#part('details-title').textContent = file.name;
    this.#tellAddress();
    this.#part('details-download').setAttribute('download', file.name);
    this.#say('');
    this.#tellMeta();
    this.#preview(file);
    this.#dialog.showModal();
    this.#part('details-title').focus();
  }

  #closed() {
    // A film must not go on playing.
    this.#part('preview').replaceChildren();
    this.#file = null;
    if (this.#opener?.isConnected) this.#opener.focus();
  }

  #tellAddress() {
    const { url } = this.#file;
    this.#part('details-download').href = isSigned(url) ? url : withQuery(url, 'download');
  }

  #tellMeta() {
    if (this.#file === null) return;
    const { size, expires } = this.#file;
    const left =
      expires === null
        ? 'kept for good'
        : expires <= serverNow()
          ? 'gone'
          : `gone in ${formatLeft(expires - serverNow())}`;
    const text = `${formatSize(size)} · ${left}`;
    const meta = this.#part('details-meta');
    if (meta.textContent !== text) meta.textContent = text;
  }

  #preview(file) {
    const kind = previewKind(file.name);
    const place = this.#part('preview');
    place.className = `preview ${kind ?? 'none'}`;
    if (kind === 'text') return void this.#previewText(file, place);
    place.replaceChildren(
      kind === null ? paragraph('No preview for this kind of file.') : mediaOf(kind, file, place),
    );
  }

  async #previewText(file, place) {
    place.replaceChildren(paragraph('Loading…'));
    try {
      const { text, whole } = await readText(file.url, file.size);
      if (this.#file !== file) return;
      const shown = document.createElement('pre');
      shown.textContent = text;
      shown.tabIndex = 0;
      shown.setAttribute('aria-label', `Content of ${file.name}`);
      place.replaceChildren(
        shown,
        ...(whole ? [] : [paragraph('This is the beginning; download it for the rest.')]),
      );
    } catch (error) {
      if (this.#file === file) place.replaceChildren(paragraph(error.message));
    }
  }

  async #submit(event, action) {
    event.preventDefault();
    try {
      await action();
    } catch (error) {
      this.#say(error.message, true);
      this.#actions.failed(error);
    }
  }

  async #copyLink() {
    const done = await this.#actions.copyText(this.#file.url);
    this.#say(done ? 'Link copied.' : `Copy it by hand: ${this.#file.url}`, !done);
  }

  async #copyTemporary() {
    const choice = this.#part('link-timeout');
    const { url, temporary } = await makeLink(this.#namespace, this.#file.path, Number(choice.value));
    if (!temporary) {
      return this.#say(
        'This server does not sign links: they work as long as the file is there. Set its lifetime instead.',
        true,
      );
    }
    const { expires } = this.#file;
    const fileEndsFirst = expires !== null && expires < serverNow() + Number(choice.value) * 1000;
    const words = fileEndsFirst ? 'as long as the file does' : choice.selectedOptions[0].textContent;
    const done = await this.#actions.copyText(url);
    this.#say(done ? `Link copied; it works ${words}.` : `Copy it by hand: ${url}`, !done);
  }

  /** Nothing can be added to a URL that is signed, so one is asked for that is made for this. */
  async #download() {
    const { url } = await makeLink(this.#namespace, this.#file.path, DOWNLOAD_SECONDS, { download: true });
    location.assign(url);
  }

  async #setLifetime() {
    const { value } = this.#part('lifetime-choice');
    const changed = await expireFile(
      this.#namespace,
      this.#file.path,
      value === 'forever' ? null : Number(value),
    );
    // A signed URL ends with the file, so another lifetime is another URL.
    this.#file = { ...this.#file, expires: changed.expires, url: changed.url ?? this.#file.url };
    this.#actions.changed(this.#file);
    this.#tellAddress();
    this.#tellMeta();
    this.#say(value === 'forever' ? 'It is kept for good.' : 'Its lifetime is set.');
  }

  #say(message, isError = false) {
    const place = this.#part('details-message');
    place.textContent = message;
    place.classList.toggle('error', isError);
  }
}

function mediaOf(kind, { url, name }, place) {
  const element = document.createElement(
    { image: 'img', video: 'video', audio: 'audio', pdf: 'iframe' }[kind],
  );
  element.src = url;
  if (kind === 'image') element.alt = `Preview of ${name}`;
  else if (kind === 'pdf') element.title = `Preview of ${name}`;
  else element.setAttribute('aria-label', `Preview of ${name}`);
  if (kind === 'video' || kind === 'audio') {
    element.controls = true;
    element.preload = 'metadata';
  }
  element.addEventListener('error', () =>
    place.replaceChildren(paragraph('The preview could not be shown.')),
  );
  return element;
}

function paragraph(text) {
  const element = document.createElement('p');
  element.className = 'muted';
  element.textContent = text;
  return element;
}

function isSigned(url) {
  return new URL(url).searchParams.has('signature');
}

function withQuery(url, name) {
  const changed = new URL(url);
  changed.searchParams.set(name, '');
  return changed.href;
}
