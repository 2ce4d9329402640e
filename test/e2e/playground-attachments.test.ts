import { describeWithBrowser, openPlayground } from './playground-page';
import { runExample } from './run-example';

const example = runExample('chatbot-api');

describeWithBrowser('attachments on the playground', () => {
  const { visit, answers, talk } = openPlayground(example);

  test('a document and an image are uploaded, shown, sent and remembered', async () => {
    const page = await visit();
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    await page.locator('#main input[type=file]').setInputFiles([
      { name: 'Plan for May.txt', mimeType: 'text/plain', buffer: Buffer.from('Go to Lisbon.') },
      { name: 'dot.png', mimeType: 'image/png', buffer: png },
    ]);
    const tray = page.getByRole('list', { name: 'Attachments' });
    await tray.locator('progress').first().waitFor({ state: 'detached' });
    await tray.locator('progress').first().waitFor({ state: 'detached' });
    expect([await tray.getByRole('listitem').count(), await tray.locator('img').count()]).toEqual([2, 1]);
    await talk(page, 'What is the plan?');
    expect(await answers(page).textContent()).toContain('The document Plan for May (txt) begins: Go to Lisbon.');
    expect(await tray.isHidden()).toBe(true);
    await page.reload();
    await page.getByText('[Plan for May.txt]').waitFor();
  });
});
