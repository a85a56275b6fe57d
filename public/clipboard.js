/** Copies text, also where the new clipboard is not to be had: over plain http from another machine. */

/** @returns {Promise<boolean>} whether it was copied */
export async function copyText(text) {
  const copied = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  return copied || copyByHand(text);
}

function copyByHand(text) {
  const focused = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  // Beside a modal dialog nothing can be focused.
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  focused?.focus();
  return done;
}
