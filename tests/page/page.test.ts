/**
 * The page in a real browser, against the real program. Without a browser on
 * this machine it says so and is skipped.
 */
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { Program } from '../server/program.js';
import { describeInBrowser, row, text, useSite } from './browser.js';

describeInBrowser('the page', () => {
  const site = useSite();

  async function chooseSeconds(page: Page, seconds: number): Promise<void> {
    await page.getByLabel('Custom').check();
    await page.getByLabel('Lifetime in seconds').fill(String(seconds));
  }

  it('uploads files, shows their URLs and the time they have left, and says when they are gone', async () => {
    const { page, namespace, complaints } = await site.visit();
    await page.getByText('Nothing here yet').waitFor();
    await chooseSeconds(page, 6);
    await page.locator('#files').setInputFiles([text('short.txt', 'one'), text('Übersicht 1.txt', 'two')]);
    const link = row(page, 'Übersicht 1.txt').locator('a.url');
    const address = (await link.getAttribute('href')) ?? '';
    expect(address).toBe(`${site.url}/files/${namespace}/${encodeURIComponent('Übersicht 1.txt')}`);
    await row(page, 'short.txt')
      .getByText(/gone in 0:0\d/)
      .waitFor();
    // Only while it has time left must it be there, and no clock is to be raced here.
    const answer = await fetch(address);
    if (answer.status !== 410) expect(await answer.text()).toBe('two');
    for (const name of ['short.txt', 'Übersicht 1.txt']) {
      await row(page, name).getByText('gone', { exact: true }).waitFor();
    }
    expect((await fetch(address)).status).toBe(410);
    expect(complaints).toEqual([]);
  });

  it('keeps for ever what is to be kept, finds it again, and copies its link', async () => {
    const { page, complaints } = await site.visit();
    await page.getByLabel('Forever').check();
    await page.locator('#files').setInputFiles(text('kept.txt', 'kept'));
    await row(page, 'kept.txt').getByText('kept for good').waitFor();
    await page.reload();
    await row(page, 'kept.txt').getByRole('button', { name: 'Copy link of kept.txt' }).click();
    await row(page, 'kept.txt').getByText('Copied').waitFor();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(await (await fetch(String(copied))).text()).toBe('kept');
    expect(complaints).toEqual([]);
  });

  it('deletes when asked twice', async () => {
    const { page, complaints } = await site.visit();
    await page.locator('#files').setInputFiles([text('a.txt', 'a'), text('b.txt', 'b')]);
    const address = (await row(page, 'a.txt').locator('a.url').getAttribute('href')) ?? '';
    await row(page, 'a.txt').getByRole('button', { name: 'Delete a.txt' }).click();
    expect((await fetch(address)).status).toBe(200);
    await row(page, 'a.txt').getByRole('button', { name: 'Really delete a.txt' }).click();
    await row(page, 'a.txt').waitFor({ state: 'detached' });
    expect((await fetch(address)).status).toBe(404);
    expect(await row(page, 'b.txt').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  it('works by keyboard alone', async () => {
    const { page, complaints } = await site.visit();
    // Listened to from the start, so that the browser surely knows when the key is pressed.
    const chooser = page.waitForEvent('filechooser');
    chooser.catch(() => {});
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.value');
    for (const id of ['namespace', 'folder']) {
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(id);
    }
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('300');
    await page.keyboard.press('ArrowLeft');
    expect(await focused()).toBe('60');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('choose');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(text('typed.txt', 'typed'));
    await row(page, 'typed.txt').waitFor();
    await page.locator('#status').getByText('typed.txt uploaded').waitFor({ state: 'attached' });
    await row(page, 'typed.txt').locator('.delete').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing here yet').waitFor();
    expect(await focused()).toBe('list-title');
    expect(complaints).toEqual([]);
  });

  it('takes files that are dropped on it', async () => {
    const { page, complaints } = await site.visit();
    await page.evaluate(`{
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['dropped'], 'dropped.txt'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }`);
    const address = (await row(page, 'dropped.txt').locator('a.url').getAttribute('href')) ?? '';
    expect(await (await fetch(address)).text()).toBe('dropped');
    expect(complaints).toEqual([]);
  });

  it('uploads three at a time, cancels and retries', async () => {
    const { page, namespace, complaints } = await site.visit();
    let held = 0;
    let holding = true;
    await page.route(`**/files/${namespace}?seconds=*`, async (route) => {
      if (holding) held++;
      else await route.continue();
    });
    const names = ['1.txt', '2.txt', '3.txt', '4.txt', '5.txt'];
    await page.locator('#files').setInputFiles(names.map((name) => text(name, name)));
    const uploads = page.locator('#uploads .row');
    await uploads.nth(4).waitFor();
    await expect(uploads.filter({ hasText: 'waiting' }).count()).resolves.toBe(2);
    await page.getByRole('progressbar', { name: 'Upload of 1.txt' }).waitFor();
    await page.getByRole('button', { name: 'Cancel 1.txt' }).click();
    await uploads.filter({ hasText: '1.txt' }).getByText('Cancelled').waitFor();
    expect(held).toBeLessThanOrEqual(4);
    holding = false;
    await page.getByRole('button', { name: 'Retry 1.txt' }).click();
    for (const name of ['2.txt', '3.txt', '4.txt']) {
      await page.getByRole('button', { name: `Cancel ${name}` }).click();
    }
    await row(page, '1.txt').waitFor();
    await row(page, '5.txt').waitFor();
    await page.getByRole('button', { name: 'Dismiss 2.txt' }).click();
    expect(await uploads.count()).toBe(2);
    expect(complaints).toEqual([]);
  });

  it('says what the server says went wrong', async () => {
    const { page, namespace } = await site.visit();
    const problem = {
      type: 'about:blank',
      title: 'Insufficient Storage',
      status: 507,
      detail: 'The disk is full.',
    };
    await page.route(`**/files/${namespace}?seconds=*`, (route) =>
      route.fulfill({ status: 507, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    );
    await page.locator('#files').setInputFiles(text('a.txt', 'a'));
    await page.locator('#uploads').getByText('The disk is full.').waitFor();
  });

  it('does not take a name that is no namespace', async () => {
    const { page, complaints } = await site.visit();
    await page.getByLabel('Namespace', { exact: true }).fill('../up');
    await page.getByRole('button', { name: 'Choose files' }).click();
    await page.getByText('no dot at the start').waitFor();
    await page.getByLabel('Namespace', { exact: true }).fill('fine');
    await page.getByText('no dot at the start').waitFor({ state: 'hidden' });
    expect(complaints).toEqual([]);
  });

  it('asks for a token when the server does, and keeps it for the tab', async () => {
    const guarded = await Program.start({ MAYFLY_TOKEN: 'secret' });
    try {
      const { page } = await site.visit({ at: guarded.url });
      await page.getByLabel('Token').fill('secret');
      await page.getByRole('button', { name: 'Use token' }).click();
      await page.getByText('Nothing here yet').waitFor();
      await page.locator('#files').setInputFiles(text('a.txt', 'a'));
      await row(page, 'a.txt').waitFor();
      await page.reload();
      await row(page, 'a.txt').waitFor();
      expect(await page.locator('#token-form').isVisible()).toBe(false);
    } finally {
      await guarded.program.dispose();
    }
  });

  it('is not acted for by an uploaded document', async () => {
    const { page } = await site.visit();
    const script = `<script>document.title = 'ran'; fetch('/files/demo/x', { method: 'DELETE' })</script><p>plain`;
    await page.getByLabel('Forever').check();
    await page.locator('#files').setInputFiles({ ...text('evil.html', script), mimeType: 'text/html' });
    const address = (await row(page, 'evil.html').locator('a.url').getAttribute('href')) ?? '';
    const visited = await page.context().newPage();
    await visited.goto(address);
    await visited.getByText('plain').waitFor();
    expect(await visited.title()).toBe('');
  });

  it('reads sizes and times as people do', async () => {
    const { page } = await site.visit();
    const told =
      await page.evaluate(`import('/format.js').then(({ formatSize, formatLeft, extensionOf }) => ({
      sizes: [0, 1, 999, 1000, 12345, 999950, 1e6, 1.5e9, 123456789].map(formatSize),
      times: [0, 1, 1000, 1001, 299000, 3599000, 3600000, 86399000, 86400000, 601200000].map(formatLeft),
      extensions: ['a.txt', 'a.tar.gz', 'notes', '.env', 'a.torrent', 'a.', 'photo.JPEG', 'x.xhtml'].map(extensionOf),
    }))`);
    expect(told).toEqual({
      sizes: ['0 bytes', '1 byte', '999 bytes', '1 KB', '12.3 KB', '1 MB', '1 MB', '1.5 GB', '123 MB'],
      times: ['0:00', '0:01', '0:01', '0:02', '4:59', '59:59', '1:00:00', '23:59:59', '1 d 0 h', '6 d 23 h'],
      extensions: ['TXT', 'GZ', '', '', '', '', 'JPEG', 'XHT'],
    });
  });
});
