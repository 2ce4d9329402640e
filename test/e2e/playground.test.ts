import { execFileSync } from 'node:child_process';
import { textContrasts } from './contrast';
import { describeWithBrowser, openPlayground } from './playground-page';
import { runExample } from './run-example';

describeWithBrowser('the playground page', () => {
  const example = runExample('chatbot-api');
  const { browser, visit, box, answers, conversations, figure, say, talk } = openPlayground(example);

  test('answers the first message and counts what it cost', async () => {
    const page = await visit();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('ChatbotApi');
    expect(await page.locator('.api code').textContent()).toBe(example.url);

    await talk(page, 'Which river is the longest?');
    expect(await answers(page).textContent()).toContain('You said: Which river is the longest?');
    expect(await figure(page, 'article .figures', 'First token').textContent()).toMatch(/^[\d.]+ m?s$/);
    expect(await figure(page, 'article .figures', 'Total').textContent()).toMatch(/^[\d.]+ m?s$/);
    const spent = async () => {
      const [input, output, cost] = await Promise.all(['Tokens in', 'Tokens out', 'Cost so far'].map((name) => figure(page, '.meter', name).textContent()));
      return { input: Number(input), output: Number(output), cost: Number(cost!.replace('$', '')) };
    };
    const first = await spent();
    expect(first.input).toBe(Number(await figure(page, 'article .figures', 'Tokens in').textContent()));
    expect(first.output).toBeGreaterThan(0);
    expect(first.cost).toBeGreaterThan(0);

    await talk(page, 'And the second?');
    const second = await spent();
    expect(second.cost).toBeGreaterThan(first.cost);
    expect(await figure(page, '.meter', 'Answers').textContent()).toBe('2');
  });

  test('shows tokens while they stream in, and stops at Escape', async () => {
    const page = await visit();
    example.cloud.faults.set({ kind: 'slow' });
    await say(page, 'Tell me slowly.');
    const lengths = new Set<number>();
    while (lengths.size < 4) {
      const length = (await answers(page).last().textContent())!.length;
      expect(length).toBeGreaterThanOrEqual(Math.max(0, ...lengths));
      lengths.add(length);
      await page.waitForTimeout(50);
    }
    expect(await page.getByRole('log').textContent()).not.toContain('local model');
    expect(await page.getByRole('button', { name: 'Send' }).isVisible()).toBe(false);

    await page.keyboard.press('Escape');
    await page.getByText('You stopped the answer.').waitFor();
    expect(await page.getByRole('log').textContent()).not.toContain('You said: Tell me slowly.');
    expect(await page.getByRole('button', { name: 'Stop' }).isVisible()).toBe(false);
  });

  test('reads on after a reload in an answer that is under way, and stops it for good', async () => {
    const page = await visit();
    await talk(page, 'Hello.');
    example.cloud.faults.set({ kind: 'slow' });
    await say(page, 'Tell me slowly.');
    await page.waitForFunction(() => document.querySelectorAll('article.answer')[1]?.querySelector('.markdown')?.textContent);
    const before = (await answers(page).last().textContent())!.trim();

    await page.reload();
    await page.locator('.question', { hasText: 'Tell me slowly.' }).waitFor();
    await page.waitForFunction((length) => (document.querySelectorAll('article.answer')[1]?.querySelector('.markdown')?.textContent ?? '').length > length + 1, before.length);
    expect(await answers(page).last().textContent()).toContain(before);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('You stopped the answer.').waitFor();
    const said = await answers(page).last().textContent();

    await page.reload();
    await page.getByText('You stopped the answer.').waitFor();
    expect(await answers(page).last().textContent()).toBe(said);
    expect(await page.locator('.question').allTextContents()).toEqual([expect.stringContaining('Hello.'), expect.stringContaining('Tell me slowly.')]);
  });

  test('lists conversations newest first, and opens one again after a reload', async () => {
    const page = await visit();
    await talk(page, 'The older one');
    await page.getByRole('button', { name: 'New conversation' }).click();
    // Conversations are ordered by the second in which they were used.
    await page.waitForTimeout(1100);
    await talk(page, 'The newer one');
    await conversations(page).filter({ hasText: 'The newer one' }).waitFor();
    const titles = await conversations(page).locator('.title').allTextContents();
    expect(titles.indexOf('The newer one')).toBe(titles.indexOf('The older one') - 1);

    await conversations(page).filter({ hasText: 'The older one' }).getByRole('button').click();
    await page.locator('.question', { hasText: 'The older one' }).waitFor();
    await page.reload();
    await page.locator('.question', { hasText: 'The older one' }).waitFor();
    expect(await page.locator('[aria-current=true] .title').textContent()).toBe('The older one');
    await talk(page, 'Still you?');
    expect(await answers(page).last().textContent()).toContain('I have read 2 messages of yours');
  });

  test('keeps the conversations of user-a from user-b', async () => {
    const page = await visit();
    await talk(page, 'A secret of user-a');
    await conversations(page).filter({ hasText: 'A secret of user-a' }).waitFor();
    const { hash } = new URL(page.url());
    expect(hash).toContain('conversation=');

    await page.getByRole('radio', { name: 'user-b' }).check();
    await page.getByText('What you talk about is kept here.').waitFor();
    expect(await page.getByRole('main').textContent()).not.toContain('A secret');
    await page.evaluate((guessed) => { location.hash = guessed; }, hash);
    await page.getByRole('main').getByRole('alert').waitFor();
    expect(await figure(page, '.error', 'Status').textContent()).toBe('404');
    await page.getByRole('button', { name: 'New conversation' }).click();
    await talk(page, 'Something of user-b');
    await conversations(page).filter({ hasText: 'Something of user-b' }).waitFor();
    expect(await conversations(page).locator('.title').allTextContents()).toEqual(['Something of user-b']);
  });

  test('shows what went wrong in the server\'s words, and recovers by Retry', async () => {
    const page = await visit();
    await page.getByLabel('What the model does wrong').selectOption('throttle');
    await page.getByText('Model failures are on: Throttled').waitFor();
    await say(page, 'Are you there?');
    const alert = page.locator('article').getByRole('alert');
    await alert.waitFor();
    expect(await alert.locator('.message').textContent()).toMatch(/\w+/);
    expect(await figure(page, 'article .error', 'Type').textContent()).toBe('rate_limit_error');
    expect(await figure(page, 'article .error', 'Status').textContent()).toBe('429');
    expect(await figure(page, 'article .error', 'Request').textContent()).toMatch(/^[\w-]{8,}$/);
    expect(await conversations(page).filter({ hasText: 'Are you there?' }).count()).toBe(0);

    await page.getByLabel('What the model does wrong').selectOption('none');
    await page.getByText('Model failures are on').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.locator('article .figures', { hasText: 'Cost' }).waitFor();
    expect(await alert.count()).toBe(0);
    expect(await page.locator('.question').allTextContents()).toEqual([expect.stringContaining('Are you there?')]);
  }, 60_000);

  test.each(['error', 'cut', 'unfinished'] as const)('keeps what came before %s and says that the answer is not complete', async (kind) => {
    const page = await visit();
    example.cloud.faults.set({ kind, times: 1 });
    await say(page, 'Tell me of rivers.');
    await page.locator('article').getByRole('alert').waitFor();
    expect(await answers(page).textContent()).toMatch(/\w+ \w+/);
    expect(await answers(page).textContent()).not.toContain('You said');
    expect(await figure(page, 'article .error', 'Type').textContent()).toBe('server_error');
  });

  test('shows the words of model and user as text, with the little Markdown that is safe', async () => {
    const page = await visit();
    const hostile = [
      '<img src=x onerror="document.title=1">', '  two  spaces', '', '- a `b` **c**', '  - deeper', '', '```js', 'if (1 < 2) {}', '```', '[link](javascript:alert(1))',
    ].join('\n');
    await talk(page, hostile);
    expect(await page.locator('.question .plain').textContent()).toBe(hostile);
    const answer = answers(page);
    expect(await page.locator('article :is(img, a, script, iframe)').count()).toBe(0);
    expect(await answer.textContent()).toContain('<img src=x onerror="document.title=1">');
    expect(await answer.locator('ul > li > ul > li').allTextContents()).toEqual(['deeper']);
    expect(await answer.locator('li > strong').allTextContents()).toEqual(['c']);
    expect(await answer.locator('pre > code').allTextContents()).toEqual(['if (1 < 2) {}']);
    expect(await answer.textContent()).toContain('[link](javascript:alert(1))');
    expect(await page.title()).toBe('ChatbotApi · Playground');
  });

  test('copies a curl command that a shell reads as the same request', async () => {
    const page = await visit({ permissions: ['clipboard-read', 'clipboard-write'] });
    await box(page).fill('It\'s "quoted" $HOME `date`');
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const printed = execFileSync('sh', ['-c', `curl() { for word; do printf '%s\\000' "$word"; done; }\n${command}`], { encoding: 'utf8' });
    const [, url, , authorization, , , , body] = printed.split('\0');
    expect(JSON.parse(body).messages).toEqual([{ role: 'user', content: 'It\'s "quoted" $HOME `date`' }]);
    const headers = { 'authorization': authorization.split(': ')[1], 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('[DONE]');
  });

  test('is used from end to end by keyboard alone', async () => {
    const page = await visit();
    const focused = () => page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement;
      return element.textContent || element.id || element.value;
    });
    // A reader who starts at the top of the page.
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('Shift+Tab');
    expect(await focused()).toBe('Skip to the message box');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('message');

    await page.keyboard.type('first line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second line');
    await page.keyboard.press('Enter');
    await page.locator('article .figures').waitFor();
    expect(await page.locator('.question .plain').textContent()).toBe('first line\nsecond line');
    expect(await focused()).toBe('message');

    await page.keyboard.press('Alt+Shift+N');
    await page.getByRole('heading', { name: 'Talk to your API' }).waitFor();
    const reached = new Set<string>();
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press('Shift+Tab');
      reached.add(await focused());
      const outline = await page.evaluate(() => {
        const shown = document.activeElement!.matches('[type=radio]') ? document.activeElement!.nextElementSibling! : document.activeElement!;
        return document.activeElement === document.body ? 'solid' : getComputedStyle(shown).outlineStyle;
      });
      expect(outline).not.toBe('none');
    }
    expect([...reached]).toEqual(expect.arrayContaining([
      'New conversation', 'Copy URL', 'Theme: system', 'user-a', 'fault-once', 'Copy as curl', 'Explain response streaming in three short points.',
    ]));
  });

  test.each(['light', 'dark'] as const)('is legible in %s, with contrast of AA in every state', async (colorScheme) => {
    const page = await visit({ colorScheme });
    const contrasts = async () => (await page.evaluate(textContrasts)).filter(({ ratio, least }) => ratio < least);
    expect(await contrasts()).toEqual([]);
    await talk(page, 'Hello **there** `code`');
    await page.getByRole('button', { name: 'Good answer' }).click();
    await page.locator('[aria-pressed=true]').waitFor();
    for (const name of ['Rename', 'Delete']) {
      await page.getByRole('button', { name, exact: true }).click();
      expect(await contrasts()).toEqual([]);
      await page.getByRole('button', { name: 'Cancel' }).click();
    }
    example.cloud.faults.set({ kind: 'error', times: 1 });
    await say(page, 'Fail, please.');
    await page.locator('article').getByRole('alert').waitFor();
    await page.getByLabel('What the model does wrong').selectOption('slow');
    await page.getByText('Model failures are on: Slow').waitFor();
    expect(await contrasts()).toEqual([]);
  });

  test('follows the system\'s theme until told otherwise, and remembers that', async () => {
    const page = await visit({ colorScheme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.querySelector('main')!).backgroundColor);
    const dark = await background();
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    expect(light).not.toBe(dark);
    await page.getByRole('button', { name: 'Theme: system' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    expect(await background()).toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    expect(await background()).toBe(dark);
  });

  test('fits a screen of 360 pixels', async () => {
    const page = await visit({ viewport: { width: 360, height: 740 } });
    await talk(page, `wide ${'w'.repeat(300)}\n\`\`\`\n${'c'.repeat(300)}\n\`\`\``);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await page.getByRole('button', { name: 'Conversations and test tools' }).click();
    await conversations(page).filter({ hasText: 'wide' }).getByRole('button').click();
    await page.locator('.question', { hasText: 'wide' }).waitFor();
    expect(await box(page).isVisible()).toBe(true);
  });

  test('loads nothing from elsewhere and breaks no rule of its content policy', async () => {
    const context = await browser().newContext();
    const page = await context.newPage();
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    const response = await page.goto(example.cloud.url);
    await box(page).waitFor();
    await talk(page, 'Hello');
    expect(response!.headers()['content-security-policy']).toContain('default-src \'none\'');
    expect(asked.filter((url) => !url.startsWith(example.cloud.url) && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('shows the outputs of an example that it has no view for', async () => {
    const page = await (await browser().newContext()).newPage();
    await page.route('**/local/session', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...await answer.json(), example: 'another', apis: { [example.url]: {} } } });
    });
    await page.goto(example.cloud.url);
    await page.getByRole('heading', { name: 'No view on the playground' }).waitFor();
    expect(await page.getByRole('main').textContent()).toContain(example.url);
  });

  test('says so when the local cloud does not answer, and tries again', async () => {
    const page = await (await browser().newContext()).newPage();
    await page.route('**/local/session', (route) => route.fulfill({ status: 500 }), { times: 1 });
    await page.goto(example.cloud.url);
    await page.getByText('/local/session answered 500').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await box(page).waitFor();
  });
});
