import { describeWithBrowser, openPlayground } from './playground-page';
import { runExample } from './run-example';

describeWithBrowser('the playground page of a knowledge base', () => {
  const example = runExample('managed-rag');
  beforeAll(() => { example.cloud.events.queues.speed = 60; });
  const { visit, answers, say } = openPlayground(example);
  type Page = Awaited<ReturnType<typeof visit>>;
  const documents = (page: Page) => page.getByRole('list', { name: 'Documents' }).getByRole('listitem');
  const upload = async (page: Page, name: string, text: string) => {
    await page.getByLabel('Upload documents').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
    await page.locator('.documents .indexed', { hasText: name }).waitFor();
  };

  test('takes a document, tells when it can be found, and opens a citation at its passage', async () => {
    const page = await visit();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('ManagedRag');
    await page.getByText('There are none yet.').waitFor();
    await upload(page, 'leave.txt', 'Everybody has thirty days of leave a year. What is left is lost in March.');
    await page.getByText('1 of 1 can be found.').waitFor();

    await say(page, 'How many days of leave has everybody?');
    await page.getByText('from your documents').waitFor();
    expect(await answers(page).textContent()).toContain('thirty days of leave');
    await page.getByRole('button', { name: 'Source 1: leave.txt' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Passage of leave.txt' });
    expect(await dialog.locator('mark').textContent()).toContain('thirty days of leave');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    // A knowledge base tells neither of its stages nor of its rankings.
    expect(await page.locator('.stages, .found').count()).toBe(0);
  });

  test('forgets what is deleted', async () => {
    const page = await visit();
    await upload(page, 'travel.txt', 'Whoever travels books the train.');
    await documents(page).filter({ hasText: 'travel.txt' }).getByRole('button', { name: 'Delete' }).click();
    await documents(page).filter({ hasText: 'travel.txt' }).waitFor({ state: 'detached' });
    expect(Object.values(example.cloud.knowledge.indexed()).flat().join()).not.toContain('travel.txt');
  });

  test('shows what went wrong in the server\'s words', async () => {
    const page = await visit();
    example.cloud.knowledge.faults.set({ kind: 'unavailable', operation: 'Retrieve' });
    try {
      await say(page, 'How many days?');
      const alert = page.locator('article').getByRole('alert');
      await alert.getByText('The documents could not be looked up').waitFor();
      expect(await alert.textContent()).toContain('503');
    } finally {
      example.cloud.knowledge.faults.set();
    }
  });
});

describeWithBrowser('the playground page of a chat over documents', () => {
  const example = runExample('grounded-chat');
  beforeAll(() => { example.cloud.events.queues.speed = 60; });
  const { visit, answers, talk } = openPlayground(example);

  test('takes documents beside its conversations, and shows what answers are from, after a reload too', async () => {
    const page = await visit();
    await page.getByLabel('Upload documents').setInputFiles({ name: 'leave.txt', mimeType: 'text/plain', buffer: Buffer.from('Everybody has thirty days of leave a year.') });
    await page.locator('.documents .indexed', { hasText: 'leave.txt' }).waitFor();
    await talk(page, 'How many days of leave has everybody?');
    const source = page.getByRole('button', { name: 'Source 1: leave.txt' });
    await source.waitFor();
    await page.reload();
    await source.click();
    expect(await page.getByRole('dialog', { name: 'Passage of leave.txt' }).locator('mark').textContent()).toContain('thirty days of leave');
    expect(await answers(page).textContent()).toContain('thirty days of leave');
  });
});
