import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import { parseDuration } from '../format.js';
import type { Session } from '../session.js';

interface UrlOptions {
  timeout?: string;
  download?: string | true;
}

/** `mayfly url`: where a file is served. */
export function addUrl(program: Command, session: Session): Command {
  return program
    .command('url')
    .description('print the URL of a file; whether there is one is not asked')
    .argument('<place>', 'a file of a namespace, such as charts:2026/a.png')
    .option('-t, --timeout <duration>', 'a URL that works for so long, such as 10m')
    .option('-d, --download [name]', 'a URL that makes a browser save the file')
    .action(async (text: string, { timeout, download }: UrlOptions) => {
      const { namespace, path } = await session.place(text, { signing: timeout !== undefined });
      if (namespace === null)
        throw new UsageError('only files of namespaces have URLs: write it as namespace:path');
      const seconds = timeout === undefined ? 0 : parseDuration(timeout);
      const url = await namespace.getUrl(path, {
        timeout: seconds,
        ...(download === undefined ? {} : { download }),
      });
      session.output.result({ url }, url);
    });
}
