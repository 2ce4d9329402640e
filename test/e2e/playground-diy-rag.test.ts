import { Stack } from 'aws-cdk-lib';
import { textContrasts } from './contrast';
import { describeWithBrowser, openPlayground } from './playground-page';
import { runStacks } from './run-stacks';
import { RerankModel, Reranking } from '../../lib';
import { AnswerCache, DiyRag, Splitter } from '../../lib/diy-rag';

const LEAVE = 'Everybody has thirty days of leave a year.';
const QUESTION = 'How many days of leave has everybody?';
const HANDBOOK = `# Handbook\n\nWelcome to the company.\n\n## Leave\n\nThe harbour office keeps the calendar. ${LEAVE} What is left is lost in March.\n\n## Travel\n\nWhoever travels for days books the train.\n`;

describeWithBrowser('the playground page of a pipeline of one\'s own', () => {
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Pipeline');
    // Without an output of its own: the page finds the API by the one that the CDK makes.
    new DiyRag(stack, 'Rag', {
      splitter: Splitter.structure({ tokens: 40 }),
      retrieval: { rerank: Reranking.model(RerankModel.standard()) },
      answering: { cache: AnswerCache.semantic() },
    });
  });
  beforeAll(() => { run.cloud.events.queues.speed = 30; });
  const { visit, answers, say, talk } = openPlayground(run);
  type Page = Awaited<ReturnType<typeof visit>>;
  const documents = (page: Page) => page.getByRole('list', { name: 'Documents', exact: true });
  const entry = (page: Page, name: string) => documents(page).locator('> li', { hasText: name });
  const stages = (page: Page, name: string) => page.getByRole('list', { name: `Stages of ${name}` }).getByRole('listitem');
  const upload = (page: Page, name: string, text: string) => page.getByLabel('Upload documents').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  const inState = (page: Page, name: string, state: string) => entry(page, name).and(page.locator(`[data-status=${state}]`)).waitFor({ timeout: 30_000 });
  const shares = (page: Page, bars: string) => page.locator(bars).evaluateAll((found) => found.map((bar) => Number((bar as HTMLElement).style.getPropertyValue('--share'))));

  test('shows each document in the stages that it goes through, and fills them', async () => {
    const page = await visit();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('DiyRag');
    run.cloud.faults.set({ kind: 'throttle', model: 'titan-embed' });
    await upload(page, 'handbook.md', HANDBOOK);
    await inState(page, 'handbook.md', 'chunked');
    expect(await stages(page, 'handbook.md').allTextContents()).toEqual(['queued: done', 'parsed: done', 'chunked: done', 'embedded: 0 %', 'indexed: not yet']);
    expect(await page.locator('.stages [aria-current=step]').textContent()).toContain('chunked');
    expect(await entry(page, 'handbook.md').locator('.when').textContent()).toMatch(/^being embedded: 0 of \d+ chunks · \d+ B$/);

    run.cloud.faults.set({ kind: 'none' });
    await inState(page, 'handbook.md', 'indexed');
    expect(await stages(page, 'handbook.md').allTextContents()).toEqual(['queued', 'parsed', 'chunked', 'embedded', 'indexed'].map((name) => `${name}: done`));
    expect(await shares(page, '.stages .bar')).toEqual([1, 1, 1, 1, 1]);
    expect(await entry(page, 'handbook.md').locator('.when').textContent()).toMatch(/^can be found · \d+ chunks · \d+ B$/);
  }, 60_000);

  test('says why a document cannot be read, and keeps whoever is on a button there', async () => {
    const page = await visit();
    await inState(page, 'handbook.md', 'indexed');
    const button = entry(page, 'handbook.md').getByRole('button', { name: 'Delete' });
    await button.focus();
    await upload(page, 'broken.pdf', '%PDF-1.7 and nothing else');
    await inState(page, 'broken.pdf', 'failed');
    expect(await entry(page, 'broken.pdf').locator('.when').textContent()).toMatch(/^could not be read: \w.* · \d+ B$/);
    expect(await stages(page, 'broken.pdf').allTextContents()).toEqual(['queued: done', 'parsed: failed here', 'chunked: not done', 'embedded: not done', 'indexed: not done']);
    await page.getByText('broken.pdf could not be read.').waitFor();
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  }, 60_000);

  test('shows where each stage has a passage and how long it took, and opens a mark at its sentence', async () => {
    const page = await visit();
    await talk(page, QUESTION);
    await page.getByText('from your documents').waitFor();
    const table = page.getByRole('table');
    expect(await table.getByRole('columnheader').allTextContents()).toEqual(['No.', 'Passage', 'Vector', 'Keyword', 'Fused', 'Reranked']);
    const cells = table.getByRole('row').nth(1).getByRole('cell');
    expect(await cells.first().textContent()).toBe('1, cited');
    expect(await cells.last().textContent()).toMatch(/^place 1, score [01]\.\d\d$/);
    expect(await table.locator('.begins').allTextContents()).toContain('Leave: The harbour office keeps the calendar. Everybody has thirty days of leave a year. What is left is lost in March.');
    const lengths = await shares(page, '.found td .bar');
    expect(lengths.length).toBeGreaterThan(3);
    expect(lengths.every((share) => share >= 0 && share <= 1) && new Set(lengths).size > 2).toBe(true);
    expect(await page.locator('.timings dt').allTextContents()).toEqual(['Embedding it', 'Vector search', 'Keyword search', 'Fusion', 'Reranking', 'All of the search']);
    expect(await page.locator('.timings dd').last().textContent()).toMatch(/^\d+ ms$|^[\d.]+ s$/);

    await answers(page).getByRole('button', { name: 'Source 1: Handbook' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Passage of Handbook' });
    expect(await dialog.locator('mark').allTextContents()).toEqual([LEAVE]);
    expect(await dialog.locator('.context p').allTextContents()).toEqual(['Read behind', 'Handbook']);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  }, 60_000);

  test('tells an answer that was given before, and sentences that nobody checked', async () => {
    const page = await visit();
    await talk(page, QUESTION);
    await page.getByText(/answered before, \d+ seconds? ago/).waitFor();
    await page.getByText(/^\d+ passages found when it was answered first$/).waitFor();
    await page.reload();
    await talk(page, 'Who plays the trombone?');
    expect(await answers(page).locator('.unchecked').allTextContents()).toEqual([expect.stringMatching(/^I do not know.*\. \(not checked\)$/)]);
    await page.getByText('Sentences underlined with dots').waitFor();
  }, 60_000);

  test.each(['light', 'dark'] as const)('is legible in %s, and fits a screen of 360 pixels', async (colorScheme) => {
    const page = await visit({ colorScheme });
    await page.route('**/local/documents', async (route) => {
      const answer = await route.fetch();
      const [folder] = await answer.json() as [{ documents: object[] }];
      const underWay = [
        { key: 'a-name-that-has-nowhere-to-be-broken-and-goes-on-and-on.pdf', bytes: 3_400_000, status: 'chunked', chunks: 2_000, written: 800, progress: 0.4 },
        { key: 'scan.pdf', bytes: 12_300, status: 'scanning' },
      ];
      await route.fulfill({ json: [{ ...folder, documents: [...folder.documents, ...underWay] }] });
    });
    await page.getByText('being embedded: 800 of 2,000 chunks · 3.4 MB').waitFor();
    expect(await stages(page, 'scan.pdf').allTextContents()).toContain('parsed: being scanned');
    await talk(page, QUESTION);
    await page.getByRole('table').waitFor();
    const contrasts = async () => (await page.evaluate(textContrasts)).filter(({ ratio, least }) => ratio < least);
    expect(await contrasts()).toEqual([]);
    // The page itself does not scroll: what is said stands between its head and the place to write.
    const longer = () => page.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    expect(await longer()).toBeLessThanOrEqual(0);

    await page.setViewportSize({ width: 360, height: 740 });
    const widest = () => page.evaluate(() => Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('.scroll, aside, .aside-view')].map(({ scrollWidth }) => scrollWidth)));
    expect(await widest()).toBeLessThanOrEqual(360);
    expect(await longer()).toBeLessThanOrEqual(0);
    expect(await page.getByRole('table').getByRole('columnheader').count()).toBe(6);
    await page.getByRole('button', { name: 'Documents and test tools' }).click();
    await stages(page, 'scan.pdf').first().waitFor();
    expect(await widest()).toBeLessThanOrEqual(360);
    expect(await contrasts()).toEqual([]);
  }, 60_000);

  test('tells documents of one title apart by their files', async () => {
    const page = await visit();
    await upload(page, 'visitors.md', '# Handbook\n\nVisitors have no days of leave.\n');
    await inState(page, 'visitors.md', 'indexed');
    await talk(page, 'How many days of leave have visitors?');
    const names = await page.getByRole('table').getByRole('rowheader').getByRole('button').allTextContents();
    expect(names).toEqual(expect.arrayContaining(['Handbook (visitors.md)', 'Handbook (handbook.md)']));
    await answers(page).waitFor();
    expect(await page.getByRole('list', { name: 'Sources of this answer' }).getByRole('button').first().textContent()).toContain('Handbook (visitors.md)');
    await entry(page, 'visitors.md').getByRole('button', { name: 'Delete' }).click();
    await entry(page, 'visitors.md').waitFor({ state: 'detached' });
  }, 60_000);

  test('asks for what it shows, and breaks no rule of its content policy', async () => {
    const page = await visit();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    const asked = page.waitForRequest('**/v1/query');
    await say(page, 'How are days of travel booked?');
    expect((await asked).postDataJSON()).toEqual({ query: 'How are days of travel booked?', stream: true, explain: true });
    await page.getByRole('table').waitFor();
    expect(complaints).toEqual([]);
  });
});
