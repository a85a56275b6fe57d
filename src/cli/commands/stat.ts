import type { Command } from 'commander';
import { formatLeft, formatSize, formatTime } from '../format.js';
import type { Session } from '../session.js';

/** `mayfly stat`: all that is known of a file or directory. */
export function addStat(program: Command, session: Session): Command {
  return program
    .command('stat')
    .description('tell what is known of a file or directory')
    .argument('<place>', 'such as charts:2026/a.png')
    .action(async (text: string) => {
      const { fs, path, namespace } = await session.place(text);
      const { name, isDir, size, modified, etag, contentType, filename } = await fs.getInfo(path);
      const expires = namespace === null || isDir ? undefined : await namespace.getExpiration(path);
      const url = namespace === null || isDir ? undefined : await namespace.getUrl(path);
      const rows: [string, string | undefined][] = [
        ['place', text],
        ['kind', isDir ? 'directory' : 'file'],
        ['size', isDir ? undefined : `${size} bytes${size < 1024 ? '' : ` (${formatSize(size)})`}`],
        ['type', contentType],
        ['filename', filename],
        ['modified', isDir && modified.getTime() === 0 ? undefined : formatTime(modified)],
        ['expires', expires === undefined ? undefined : told(expires)],
        ['etag', etag],
        ['url', url],
      ];
      session.output.result(
        { name, path, isDir, size, modified, etag, contentType, filename, expires, url },
        rows
          .filter(([, value]) => value !== undefined)
          .map(([label, value]) => `${label.padEnd(9)} ${value}`)
          .join('\n'),
      );
    });
}

function told(expires: Date | null): string {
  return expires === null ? 'never' : `${formatTime(expires)}, ${formatLeft(expires)}`;
}
