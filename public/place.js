/**
 * Where the reader is: a namespace and a folder in it, written in the address
 * after the `#`, so that back, forward and bookmarks work.
 */

const NAMESPACE = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/;
const FALLBACK = { namespace: 'demo', folder: '' };

/** @param {string} name */
export function isNamespace(name) {
  return NAMESPACE.test(name);
}

/**
 * @param {string} hash as in `location.hash`
 * @returns {{ namespace: string, folder: string }} `folder` without slashes at its ends
 */
export function parsePlace(hash) {
  let parts;
  try {
    parts = hash.replace(/^#/, '').split('/').map(decodeURIComponent);
  } catch {
    return FALLBACK;
  }
  const [namespace = '', ...folders] = parts;
  if (!isNamespace(namespace)) return FALLBACK;
  return {
    namespace,
    folder: folders.filter((name) => name !== '' && name !== '.' && name !== '..').join('/'),
  };
}

/** The address of a place, to be set as `location.hash` or an `href`. */
export function hashOf({ namespace, folder }) {
  return `#${[namespace, ...folder.split('/').filter(Boolean)].map(encodeURIComponent).join('/')}`;
}

/** Draw the way from the namespace down to the folder. */
export function drawCrumbs(list, { namespace, folder }) {
  const names = [namespace, ...folder.split('/').filter(Boolean)];
  const items = names.map((name, at) => {
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = hashOf({ namespace, folder: names.slice(1, at + 1).join('/') });
    link.textContent = name;
    if (at === names.length - 1) link.setAttribute('aria-current', 'page');
    item.append(link);
    return item;
  });
  list.replaceChildren(...items);
}
