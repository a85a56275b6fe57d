/** The page as a browser of files: folders, large directories, previews, links, lifetimes, uploads that are paused. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { describeInBrowser, row, seriousViolations, text, useSite } from './browser.js';

const PUBLIC = join(import.meta.dirname, '../../public');

/** A picture of one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe('the page, all of it', () => {
  it('is light', async () => {
    const files = await readdir(PUBLIC);
    const sizes = await Promise.all(
      files.map(async (name) => gzipSync(await readFile(join(PUBLIC, name))).length),
    );
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(40_000);
  });
});

describeInBrowser('the page', () => {
  const site = useSite();

  const put = async (path: string, body: string | Buffer, query = '') => {
    const response = await fetch(`${site.url}/files/${path}${query}`, {
      method: 'PUT',
      body: new Uint8Array(Buffer.from(body)),
    });
    expect(response.status).toBe(201);
  };

  it.each([
    ['on a desktop', { viewport: { width: 1280, height: 900 } }],
    ['in the dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' as const }],
    ['on a phone', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
  ])('has nothing that axe finds serious, and nothing that sticks out (%s)', async (_, options) => {
    const { page, namespace } = await site.visit({ ...options, bypassCSP: true });
    await page.getByText('Nothing here yet').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await put(`${namespace}/${'a rather long name '.repeat(8)}.txt`, 'x', '?seconds=50');
    await put(`${namespace}/folder/in.txt`, 'x');
    await page.reload();
    await row(page, 'folder/').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await row(page, 'rather').locator('.open').click();
    await page.locator('#preview pre').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });

  it('goes into folders and back, and uploads to where it is', async () => {
    const { page, namespace, complaints } = await site.visit();
    await put(`${namespace}/2026/may/old.txt`, 'x');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('link', { name: '2026/' }).click();
    await page.getByRole('link', { name: 'may/' }).click();
    await row(page, 'old.txt').waitFor();
    await page.locator('#files').setInputFiles(text('new.txt', 'new'));
    await row(page, 'new.txt').waitFor();
    expect(await (await fetch(`${site.url}/files/${namespace}/2026/may/new.txt`)).text()).toBe('new');
    await page.getByRole('list', { name: 'Folders' }).getByRole('link', { name: '2026' }).click();
    await row(page, 'may/').waitFor();
    await page.goBack();
    await row(page, 'old.txt').waitFor();
    await page.getByLabel('Folder', { exact: true }).fill('a b');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing here yet').waitFor();
    await page.locator('#files').setInputFiles(text('deep.txt', 'deep'));
    await row(page, 'deep.txt').waitFor();
    expect((await fetch(`${site.url}/files/${namespace}/2026/may/a%20b/deep.txt`)).status).toBe(200);
    // A folder that is not there yet is asked for all the same, and the browser says so.
    expect(complaints.filter((complaint) => !complaint.includes('404'))).toEqual([]);
  });

  it('offers the namespaces that are there', async () => {
    const { page, namespace } = await site.visit();
    await put(`${namespace}/a.txt`, 'x');
    await page.getByLabel('Namespace', { exact: true }).focus();
    await page.locator(`#namespaces option[value="${namespace}"]`).waitFor({ state: 'attached' });
    await page.getByLabel('Namespace', { exact: true }).fill(`${namespace}-more`);
    await page.keyboard.press('Enter');
    await page.getByText(`Files in ${namespace}-more`).waitFor();
  });

  it('shows what is in a file, sets its lifetime, and copies links', async () => {
    const { page, namespace, complaints } = await site.visit();
    await put(`${namespace}/notes.txt`, 'first line\nsecond', '?seconds=600');
    await put(`${namespace}/pixel.png`, PIXEL);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('link', { name: 'pixel.png', exact: true }).click();
    await page.getByRole('img', { name: 'Preview of pixel.png' }).waitFor();
    expect(await page.evaluate(`document.querySelector('#preview img').naturalWidth`)).toBe(1);
    await page.keyboard.press('Escape');
    // The focus is back where it was.
    expect(await page.evaluate('document.activeElement.textContent')).toBe('pixel.png');

    await page.getByRole('link', { name: 'notes.txt', exact: true }).click();
    await page.locator('#preview').getByText('second').waitFor();
    await page.getByLabel('Lifetime, from now').selectOption('7 days');
    await page.getByRole('button', { name: 'Set' }).click();
    await page
      .locator('#details-meta')
      .getByText(/gone in [67] d/)
      .waitFor();
    await page.getByLabel('Lifetime, from now').selectOption('for good');
    await page.getByRole('button', { name: 'Set' }).click();
    await page.locator('#details-meta').getByText('kept for good').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('Link copied.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      `${site.url}/files/${namespace}/notes.txt`,
    );
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('notes.txt');
    await page.getByRole('button', { name: 'Close' }).click();
    await row(page, 'notes.txt').getByText('kept for good').waitFor();
    expect(complaints).toEqual([]);
  });

  it('copies temporary links where they are signed, and says where they are not', async () => {
    const { page, namespace } = await site.visit();
    await put(`${namespace}/a.txt`, 'x');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('link', { name: 'a.txt', exact: true }).click();
    const asked: unknown[] = [];
    await page.route('**/links', async (route) => {
      asked.push(route.request().postDataJSON());
      const signed = `/files/${namespace}/a.txt?signature=x`;
      await route.fulfill({ json: { url: signed, temporary: true, expires: null } });
    });
    await page.getByLabel('Temporary link').selectOption('for 5 minutes');
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Link copied; it works for 5 minutes.').waitFor();
    expect(asked).toEqual([{ namespace, path: 'a.txt', timeout: 300, download: false }]);
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      `${site.url}/files/${namespace}/a.txt?signature=x`,
    );
    await page.unroute('**/links');
    await page.route('**/links', (route) =>
      route.fulfill({ json: { url: '/x', temporary: false, expires: null } }),
    );
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('does not sign links').waitFor();
  });

  it('uploads two hundred files, and one that was interrupted when asked again', async () => {
    const { page, namespace } = await site.visit();
    let broken = false;
    await page.route(`**/files/${namespace}?seconds=*`, async (route) => {
      const first = !broken && (route.request().postDataBuffer()?.includes('file-007') ?? false);
      if (!first) return route.continue();
      broken = true;
      await route.abort('connectionreset');
    });
    const names = Array.from({ length: 200 }, (_, i) => `file-${String(i).padStart(3, '0')}.txt`);
    await page.locator('#files').setInputFiles(names.map((name) => text(name)));
    await page.getByRole('progressbar', { name: 'All uploads' }).waitFor();
    await page
      .locator('#uploads .row')
      .filter({ hasText: 'The connection broke' })
      .waitFor({ timeout: 60_000 });
    await page.getByText('199', { exact: true }).waitFor({ timeout: 90_000 });
    await page.getByRole('button', { name: 'Retry file-007.txt' }).click();
    await page.getByText('200', { exact: true }).waitFor();
    expect(await page.locator('#uploads-section').isVisible()).toBe(false);
    const stored = await Promise.all(names.map((name) => fetch(`${site.url}/files/${namespace}/${name}`)));
    expect(await Promise.all(stored.map((response) => response.text()))).toEqual(names);
  });

  it('pauses uploads, one and all, and goes on with them', async () => {
    const { page, namespace } = await site.visit();
    const held: (() => void)[] = [];
    let holding = true;
    await page.route(`**/files/${namespace}?seconds=*`, async (route) => {
      if (holding) await new Promise<void>((resolve) => held.push(resolve));
      else await route.continue();
    });
    const names = ['1.txt', '2.txt', '3.txt', '4.txt', '5.txt'];
    await page.locator('#files').setInputFiles(names.map((name) => text(name)));
    const uploads = page.locator('#uploads .row');
    await uploads.nth(4).waitFor();
    await page.getByRole('button', { name: 'Pause 2.txt' }).click();
    await uploads.filter({ hasText: '2.txt' }).getByText('paused').waitFor();
    await page.getByRole('button', { name: 'Pause all' }).click();
    expect(await uploads.getByText('paused').count()).toBe(5);
    holding = false;
    await page.getByRole('button', { name: 'Resume 4.txt' }).click();
    await row(page, '4.txt').waitFor();
    expect(await uploads.count()).toBe(4);
    await page.getByRole('button', { name: 'Resume all' }).click();
    for (const name of names) await row(page, name).waitFor();
    expect(await page.locator('#uploads-section').isVisible()).toBe(false);
  });

  it('takes what is pasted', async () => {
    const { page } = await site.visit();
    await page.evaluate(`{
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(['pasted'], 'pasted.txt'));
      dispatchEvent(new ClipboardEvent('paste', { clipboardData }));
    }`);
    await row(page, 'pasted.txt').waitFor();
  });

  it('scrolls through a hundred thousand files with few elements', async () => {
    const { page, complaints } = await site.visit();
    const ALL = 100_000;
    const asked: number[] = [];
    await page.route('**/files/huge/?*', async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const [from, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit'))];
      asked.push(from);
      const entries = Array.from({ length: Math.min(limit, ALL - from) }, (_, i) => {
        const name = `file-${String(from + i).padStart(6, '0')}.txt`;
        return {
          name,
          path: name,
          isDir: false,
          size: 1,
          modified: new Date(0).toISOString(),
          url: `/files/huge/${name}`,
          expires: null,
        };
      });
      const next = from + limit;
      await route.fulfill({ json: { entries, cursor: next < ALL ? String(next) : null } });
    });
    await page.evaluate(`location.hash = '#huge'`);
    await row(page, 'file-000000.txt').waitFor();
    // No more than the reader is near to is asked for.
    expect(asked.length).toBeLessThan(4);
    await page.evaluate(`(async () => {
      while (!document.querySelector('[aria-posinset="${ALL}"]')) {
        scrollTo(0, document.documentElement.scrollHeight);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })()`);
    await row(page, 'file-099999.txt').waitFor();
    expect(asked).toEqual(Array.from({ length: ALL / 500 }, (_, i) => i * 500));
    expect(await page.locator('#list .row').count()).toBeLessThan(80);
    expect(await page.locator('#list-count').textContent()).toBe(String(ALL));
    await page.evaluate('scrollTo(0, 0)');
    await row(page, 'file-000000.txt').waitFor();
    expect(complaints).toEqual([]);
  });
});
