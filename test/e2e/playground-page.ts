import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { chromiumPath, openBrowser } from './browser';
import type { LocalCloud } from '../../local/cloud';

const chromium = chromiumPath();
if (!chromium) {
  console.warn('No Chromium on this machine, so the playground page is left out of this test run. Install it, or name it in CHROMIUM_PATH.');
}

/** Tests of the page, where there is a browser to show it. */
export const describeWithBrowser = chromium ? describe : describe.skip;

/** The playground page of an example, in a browser for the tests of one file. */
export function openPlayground(example: { readonly cloud: LocalCloud }) {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser(chromium!);
  }, 60_000);
  afterAll(() => browser?.close());
  afterEach(async () => {
    example.cloud.faults.set({ kind: 'none' });
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  /** The page as somebody finds it who opens it for the first time. */
  async function visit(options: BrowserContextOptions = {}, hash = ''): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(example.cloud.url + hash);
    await box(page).waitFor();
    return page;
  }

  const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
  const answers = (page: Page) => page.locator('article.answer .markdown');
  const conversations = (page: Page) => page.getByRole('navigation', { name: 'Conversations' }).getByRole('listitem');
  const figure = (page: Page, list: string, name: string) => page.locator(`${list} div`, { has: page.getByText(name, { exact: true }) }).locator('dd').last();

  async function say(page: Page, text: string): Promise<void> {
    await box(page).fill(text);
    await box(page).press('Enter');
  }

  /** Says something and waits for the numbers, which come when the answer is complete. */
  async function talk(page: Page, text: string): Promise<void> {
    const before = await page.locator('article .figures').count();
    await say(page, text);
    await page.locator('article .figures').nth(before).waitFor();
  }

  return { browser: () => browser, visit, box, answers, conversations, figure, say, talk };
}
