/** Temporary links, as somebody makes them on the page and somebody else follows them. */
import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInBrowser, row, text, useSite } from './browser.js';

/** What the reader has copied. */
const copied = async (page: Page) => String(await page.evaluate('navigator.clipboard.readText()'));

async function copyTemporary(page: Page, name: string): Promise<string> {
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByText(/Link copied; it works (for|as long as the file does)/).waitFor();
  return copied(page);
}

function altered(link: string): string {
  const url = new URL(link);
  url.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 60));
  return url.href;
}

describeInBrowser('a temporary link from the page', () => {
  const site = useSite();

  it('shows the file to somebody else, and nothing once it is altered or over', async () => {
    const { page, complaints } = await site.visit();
    await page.getByLabel('Forever').check();
    await page.locator('#files').setInputFiles(text('a.txt', 'for your eyes only'));
    await row(page, 'a.txt').waitFor();
    const link = await copyTemporary(page, 'a.txt');
    expect(link).toMatch(/\?expires=\d+&signature=[\w-]{43}$/);
    const other = await site.visit();
    await other.page.goto(link);
    await other.page.getByText('for your eyes only').waitFor();
    expect((await fetch(altered(link))).status).toBe(403);

    // The shortest that is offered is five minutes: too long for a test.
    await page.evaluate(`document.querySelector('#link-timeout').selectedOptions[0].value = '2'`);
    await page.getByRole('button', { name: 'Close' }).click();
    const short = await copyTemporary(page, 'a.txt');
    expect((await fetch(short)).status).toBe(200);
    let answer = await fetch(short);
    while (answer.status === 200) {
      await page.waitForTimeout(100);
      answer = await fetch(short);
    }
    expect(answer.status).toBe(403);
    expect((await fetch(link)).status).toBe(200);
    expect(complaints).toEqual([]);
  });
});

describeInBrowser('the page of a server that serves by signed URLs only', () => {
  const site = useSite({ MAYFLY_URLS_REQUIRED: 'true' });

  it('shows, saves, links, and renews files all the same', async () => {
    const { page, namespace, complaints } = await site.visit();
    await page.locator('#files').setInputFiles(text('a.txt', 'signed for'));
    await row(page, 'a.txt').waitFor();
    expect((await fetch(`${site.url}/files/${namespace}/a.txt`)).status).toBe(403);
    await row(page, 'a.txt').getByRole('button', { name: 'Copy link of a.txt' }).click();
    await row(page, 'a.txt').getByText('Copied').waitFor();
    const untilDeadline = await copied(page);
    expect((await fetch(untilDeadline)).status).toBe(200);

    await page.reload();
    const link = await copyTemporary(page, 'a.txt');
    await page.getByText('it works as long as the file does').waitFor();
    await page.locator('#preview').getByText('signed for').waitFor();
    expect((await fetch(link)).status).toBe(200);
    expect((await fetch(altered(link))).status).toBe(403);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    expect((await download).suggestedFilename()).toBe('a.txt');

    await page.getByLabel('Lifetime, from now').selectOption('7 days');
    await page.getByRole('button', { name: 'Set' }).click();
    await page.getByText('Its lifetime is set.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Copy link' }).click();
    await page.getByText('Link copied.').waitFor();
    const renewed = await copied(page);
    const endOf = (url: string) => Number(new URL(url).searchParams.get('expires'));
    expect(endOf(renewed)).toBeGreaterThan(endOf(untilDeadline) + 86_400);
    expect((await fetch(renewed)).status).toBe(200);
    expect(complaints).toEqual([]);
  });
});
