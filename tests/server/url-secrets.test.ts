/** The secret that the program makes for itself. */
import { execFile } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BadSettings } from '../../src/server/config.js';
import { urlSigning } from '../../src/server/url-secrets.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const NEW = 'a-newer-secret-of-32-bytes-or-more';
const OLD = 'an-old-secret-of-32-bytes-or-more';
const MODULE = new URL('../../dist/server/url-secrets.js', import.meta.url).href;

let directory: { path: string; remove: () => Promise<void> };
let secretFile: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  secretFile = join(directory.path, 'var', 'url-secret');
});

afterEach(() => directory.remove());

const own = (required = false) => ({ secrets: [], required, secretFile });

describe('urlSigning', () => {
  it('makes a secret once, for its user alone, and finds it again', async () => {
    const made = urlSigning(own());
    expect(made).toEqual({ secrets: [expect.stringMatching(/^[\w-]{43}$/)], required: false });
    expect((await stat(secretFile)).mode & 0o777).toBe(0o600);
    expect(urlSigning(own(true))).toEqual({ ...made, required: true });
    expect(await readdir(join(directory.path, 'var'))).toEqual(['url-secret']);
  });

  it('makes one that is its own in another place', () => {
    const other = join(directory.path, 'other', 'url-secret');
    expect(urlSigning({ ...own(), secretFile: other })).not.toEqual(urlSigning(own()));
  });

  it('gives processes that start at once the same', async () => {
    const script = `import { urlSigning } from ${JSON.stringify(MODULE)};
      const at = Number(process.argv[1]);
      while (Date.now() < at);
      console.log(urlSigning(${JSON.stringify(own())}).secrets[0]);`;
    const at = String(Date.now() + 1_500);
    const runs = Array.from({ length: 6 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, at]),
    );
    const secrets = (await Promise.all(runs)).map(({ stdout }) => stdout.trim());
    expect(secrets[0]).toMatch(/^[\w-]{43}$/);
    expect(new Set(secrets).size).toBe(1);
    expect(await readdir(join(directory.path, 'var'))).toEqual(['url-secret']);
  });

  it('takes a second line as an older secret', async () => {
    urlSigning(own());
    await writeFile(secretFile, `${NEW}\n\n${OLD}\n`);
    expect(urlSigning(own())?.secrets).toEqual([NEW, OLD]);
  });

  it.each(['', '\n', 'far-too-short', `${NEW}\nfar-too-short`])(
    'refuses a file that holds %j, says what to do, and tells nothing of it',
    async (content) => {
      urlSigning(own());
      await writeFile(secretFile, content);
      const refuse = () => urlSigning(own());
      expect(refuse).toThrow(BadSettings);
      expect(refuse).toThrow(/url-secret.*remove it.*MAYFLY_URL_SECRETS/);
      expect(refuse).not.toThrow(/far-too-short|newer/);
      expect(await readFile(secretFile, 'utf8')).toBe(content);
    },
  );

  it('says which file can not be made', async () => {
    await writeFile(join(directory.path, 'var'), 'in the way');
    expect(() => urlSigning(own())).toThrow(/url-secret can't be read or made \((EEXIST|ENOTDIR)\)/);
  });

  it('is given by the settings, and then no file is made or read', async () => {
    const given = { secrets: [NEW, OLD], required: true };
    expect(urlSigning({ ...given, secretFile: null })).toEqual(given);
    expect(urlSigning({ secrets: [], required: false, secretFile: null })).toBeNull();
    expect(await readdir(directory.path)).toEqual([]);
  });
});
