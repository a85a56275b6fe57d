/** A browser against the real program, for the tests of the page. */
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { Program } from '../server/program.js';
import { findChromium } from './chromium.js';

const executablePath = findChromium();
if (executablePath === null) console.warn('No Chromium is installed: the tests of the page are skipped.');

/** As `describe`, and skipped where there is no browser. */
export const describeInBrowser = executablePath === null ? describe.skip : describe;

/** What axe-core found. */
export interface Violation {
  id: string;
  impact: string;
  targets: string[];
}

export interface Visit {
  page: Page;
  /** A namespace of its own, so that no test sees the files of another. */
  namespace: string;
  /** What the browser complained of. */
  complaints: string[];
}

export interface Site {
  readonly url: string;
  /** @param options of the browser; `place` in the page, default the namespace; `at`, another server's origin */
  visit(options?: BrowserContextOptions & { place?: string; at?: string }): Promise<Visit>;
}

/** A file to choose. */
export const text = (name: string, content = name) => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(content),
});

/** The row of a file in the list. */
export const row = (page: Page, name: string) => page.locator('#list .row').filter({ hasText: name });

let count = 0;

/**
 * Start browser and program for the tests of a `describe`, and end them.
 * @param env settings of the program
 */
export function useSite(env: Record<string, string> = {}): Site {
  let browser: Browser;
  let program: Program;
  let url = '';
  const contexts: BrowserContext[] = [];
  beforeAll(async () => {
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath: executablePath ?? '', args });
    ({ program, url } = await Program.start(env));
  });
  afterAll(async () => {
    await browser?.close();
    await program?.dispose();
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
  });
  return {
    get url() {
      return url;
    },
    visit: async ({ place, at = url, ...options } = {}) => {
      const context = await browser.newContext({
        permissions: ['clipboard-read', 'clipboard-write'],
        ...options,
      });
      contexts.push(context);
      const page = await context.newPage();
      // Below that of a test, so that what was waited for is what is complained of.
      page.setDefaultTimeout(20_000);
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      const namespace = `site-${++count}`;
      await page.goto(`${at}/#${place ?? namespace}`);
      return { page, namespace, complaints };
    },
  };
}

/** What axe-core finds serious or critical. The page must have been visited with `bypassCSP`. */
export async function seriousViolations(page: Page): Promise<Violation[]> {
  await page.evaluate(
    await readFile(new URL('../../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8'),
  );
  const violations = (await page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, targets: nodes.map(({ html }) => html) })))`,
  )) as Violation[];
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
}
