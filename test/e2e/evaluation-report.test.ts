import type { Browser } from 'playwright-core';
import { chromiumPath, openBrowser } from './browser';
import { textContrasts } from './contrast';
import { describeWithBrowser } from './playground-page';
import { reportOf } from '../../lambda/evaluate/report';
import { badRun } from '../lambda/evaluate/a-run';

describeWithBrowser('the report of an evaluation, in a browser', () => {
  let browser: Browser;
  beforeAll(async () => { browser = await openBrowser(chromiumPath()!); }, 60_000);
  afterAll(() => browser?.close());

  test.each([[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']] as const)('fits %s pixels, and is legible in %s', async (width, colorScheme) => {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    const { summary, results, past } = badRun();
    await page.setContent(reportOf(summary, results, past));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    const contrasts = await page.evaluate(textContrasts);
    expect(contrasts.length).toBeGreaterThan(40);
    expect(contrasts.filter(({ ratio, least }) => ratio < least)).toEqual([]);
    // What failed stands on the first screen.
    expect((await page.getByRole('heading', { name: 'Failed: 2 of 3 thresholds are missed' }).boundingBox())!.y).toBeLessThan(400);
    await page.getByRole('link', { name: 'Not found: 1' }).click();
    expect(await page.getByRole('heading', { name: 'Not found: 1' }).evaluate((heading) => heading.getBoundingClientRect().top < innerHeight)).toBe(true);
    await page.close();
  }, 60_000);
});
