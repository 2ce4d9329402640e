import WebSocket from 'ws';
import { describeWithBrowser, openPlayground } from './playground-page';
import { runExample } from './run-example';

const CODE = 'Why does this fail? TypeError: x is not a function';

describeWithBrowser('the playground page of a routed chat', () => {
  const example = runExample('routed-chat');
  const { visit, answers, talk, say } = openPlayground(example);

  test('tells of each answer which model gave it and why, while it comes and when it is read again', async () => {
    const page = await visit();
    const labels = page.locator('article.answer .who');
    await talk(page, CODE);
    expect(await labels.allTextContents()).toEqual(['careful · rule:code']);
    await talk(page, 'Tell me of rivers.');
    expect(await labels.nth(1).textContent()).toMatch(/^(trial|global\.amazon\.nova-2-lite-v1:0) · default$/);
    const told = await labels.allTextContents();

    await page.reload();
    await answers(page).nth(1).waitFor();
    expect(await labels.allTextContents()).toEqual(told);
  });

  test('names the model that took over', async () => {
    const page = await visit();
    example.cloud.faults.set({ kind: 'throttle', model: 'claude-sonnet' });
    await talk(page, CODE);
    expect(await page.locator('article.answer .who').textContent()).toBe('global.amazon.nova-2-lite-v1:0 · fallback:throttled');
  });

  test('answers anew beside the first answer, by a model that the router chooses again', async () => {
    const page = await visit();
    await talk(page, 'Tell me of hills.');
    await page.getByRole('button', { name: 'Regenerate this answer' }).click();
    await page.getByRole('img', { name: 'Version 2 of 2' }).waitFor();
    expect(await answers(page).count()).toBe(1);
    expect(await page.locator('article.answer .who').textContent()).toMatch(/ · default$/);
    await say(page, 'And of lakes?');
    await page.locator('article .figures').nth(1).waitFor();
    expect(await answers(page).nth(1).textContent()).toContain('I have read 2 messages of yours');
  });
});

describeWithBrowser('the playground page of a chat over a socket', () => {
  const example = runExample('socket-chat');
  const { visit, answers, conversations, talk, say, box } = openPlayground(example);

  test('talks, lists the conversation, and reads it again', async () => {
    const page = await visit();
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await talk(page, 'Which river is the longest?');
    expect(await answers(page).textContent()).toContain('You said: Which river is the longest?');
    await talk(page, `And this? ${'語😀'.repeat(4_000)}`);
    expect(await answers(page).nth(1).textContent()).toContain('I have read 2 messages of yours');
    await conversations(page).filter({ hasText: 'Which river' }).waitFor();

    await page.reload();
    await answers(page).nth(1).waitFor();
    await page.getByRole('button', { name: 'Regenerate this answer' }).last().click();
    await page.getByRole('img', { name: 'Version 2 of 2' }).waitFor();
    expect(sockets).toEqual([expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\//)]);
  });

  test('shows tokens while they come, reads on after a reload, and stops at Escape', async () => {
    const page = await visit();
    await talk(page, 'Hello.');
    example.cloud.faults.set({ kind: 'slow' });
    await say(page, 'Tell me slowly.');
    await page.waitForFunction(() => document.querySelectorAll('article.answer')[1]?.querySelector('.markdown')?.textContent);
    await page.reload();
    await page.locator('.question', { hasText: 'Tell me slowly.' }).waitFor();
    await page.waitForFunction(() => document.querySelectorAll('article.answer')[1]?.querySelector('.markdown')?.textContent);
    await page.keyboard.press('Escape');
    await page.getByText('You stopped the answer.').waitFor();
  });

  test('shows what went wrong in the server\'s words, and what is sent again is answered', async () => {
    const page = await visit();
    example.cloud.faults.set({ kind: 'error', times: 1 });
    await say(page, 'Tell me of rivers.');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('Try again');
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.locator('article .figures').first().waitFor();
    expect(await answers(page).textContent()).toContain('You said: Tell me of rivers.');
  });

  test('shows the model a file', async () => {
    const page = await visit();
    await page.locator('#main input[type=file]').setInputFiles([{ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Rivers of the north\nand more') }]);
    await page.getByText('notes.txt is attached.').waitFor({ state: 'attached' });
    await talk(page, 'What is in it?');
    expect(await answers(page).textContent()).toContain('begins: Rivers of the north');
  });

  test('keeps users apart, each over a connection of their own', async () => {
    const page = await visit();
    await talk(page, 'A secret of user-a');
    await page.getByRole('radio', { name: 'user-b' }).check();
    await box(page).waitFor();
    await talk(page, 'Something of user-b');
    await conversations(page).filter({ hasText: 'Something of user-b' }).waitFor();
    expect(await conversations(page).count()).toBe(1);
  });

  test('copies a message as a script to run', async () => {
    const page = await visit({ permissions: ['clipboard-read', 'clipboard-write'] });
    await box(page).fill('From the console');
    await page.getByRole('button', { name: 'Copy as script' }).click();
    const script = await page.evaluate(() => navigator.clipboard.readText());
    const lines = await new Promise<string[]>((resolve) => {
      const heard: string[] = [];
      const log = (line: string) => void (heard.push(line), line.includes('"type":"end"') && resolve(heard));
      new Function('WebSocket', 'console', script)(WebSocket, { log });
    });
    expect(lines.join('\n')).toContain('From');
  });
});
