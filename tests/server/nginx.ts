/** A real nginx before what is tested, with the configurations that deploy/ and the docs show. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from '@jest/globals';
import { freePort } from '../support/free-port.js';

const EXECUTABLE = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'].find(existsSync) ?? null;
if (EXECUTABLE === null)
  process.stderr.write('\n*** THE TESTS WITH NGINX ARE SKIPPED: it is not installed ***\n\n');

/** As `describe`, and skipped where there is no nginx. */
export const describeNginx = EXECUTABLE === null ? describe.skip : describe;

export class Nginx {
  readonly url: string;
  readonly #child;
  readonly #directory: string;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.url = `http://127.0.0.1:${port}`;
    this.#child = spawn(
      EXECUTABLE ?? '',
      ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'error.log'],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
  }

  /**
   * @param site the http part of a configuration, for the port that nginx is to listen on
   */
  static async start(site: (port: number) => string): Promise<Nginx> {
    const directory = await mkdtemp(join(tmpdir(), 'mayfly-nginx-'));
    await mkdir(join(directory, 'tmp'));
    const port = await freePort();
    const http = site(port);
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path tmp/${name};`,
    );
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    await writeFile(
      join(directory, 'nginx.conf'),
      `${user} daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
       events { worker_connections 256; }
       http { access_log off; ${paths.join(' ')} ${http} }`,
    );
    const checked = spawnSync(
      EXECUTABLE ?? '',
      ['-t', '-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'error.log'],
      {
        encoding: 'utf8',
      },
    );
    if (checked.status !== 0) throw new Error(`nginx refuses its configuration: ${checked.stderr}`);
    const nginx = new Nginx(directory, port);
    for (let tries = 0; tries < 200; tries++) {
      const answered = await fetch(nginx.url).then(
        () => true,
        () => false,
      );
      if (answered) return nginx;
      await sleep(50);
    }
    throw new Error('nginx does not answer');
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    await rm(this.#directory, { recursive: true, force: true });
  }
}
