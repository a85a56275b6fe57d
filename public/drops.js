/** Files that are dropped or pasted anywhere on the page. */

/**
 * @param {{ box: HTMLElement, note: HTMLElement, take: (files: File[]) => void }} parts `box` is marked while files hover
 */
export function listenToDrops({ box, note, take }) {
  // Over a child the page gets a leave and an enter: count them to know when the pointer is really outside.
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  const hover = (change) => {
    depth = Math.max(0, change === 0 ? 0 : depth + change);
    box.classList.toggle('over', depth > 0);
  };
  addEventListener('dragenter', (event) => carriesFiles(event) && hover(1));
  addEventListener('dragleave', (event) => carriesFiles(event) && hover(-1));
  // A file dropped beside the box must not replace the page, so all of it takes files.
  addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault());
  addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    hover(0);
    take(filesOf(event.dataTransfer, note));
  });
  addEventListener('paste', (event) => take([...(event.clipboardData?.files ?? [])]));
}

/** Folders come as files that can't be read: leave them out, and say so. */
function filesOf(transfer, note) {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const folders = items.filter((item) => item.webkitGetAsEntry?.()?.isDirectory);
  const plain = items.filter((item) => !folders.includes(item)).map((item) => item.getAsFile());
  note.textContent = folders.length > 0 ? 'Folders are left out: drop the files that are in them.' : '';
  return plain.filter((file) => file !== null);
}
