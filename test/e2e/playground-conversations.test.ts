import { describeWithBrowser, openPlayground } from './playground-page';
import { runExample } from './run-example';

describeWithBrowser('the conversations of the playground page', () => {
  const example = runExample('chatbot-api');
  const { visit, conversations, say, talk, answers, box } = openPlayground(example);

  test('renames a conversation, and deletes it once that is confirmed', async () => {
    const page = await visit();
    expect(await page.getByRole('button', { name: 'Rename' }).isVisible()).toBe(false);
    await talk(page, 'Some river');
    await page.getByRole('button', { name: 'Rename' }).focus();
    await page.keyboard.press('Enter');
    expect(await page.getByRole('textbox', { name: 'Title' }).inputValue()).toBe('Some river');
    await page.getByRole('textbox', { name: 'Title' }).fill('Rivers of the north');
    await page.keyboard.press('Enter');
    await conversations(page).filter({ hasText: 'Rivers of the north' }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement!.textContent)).toBe('Rename');

    await page.getByRole('button', { name: 'Delete' }).click();
    expect(await page.getByRole('dialog', { name: 'Delete the conversation?' }).textContent()).toContain('Rivers of the north');
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await conversations(page).filter({ hasText: 'Rivers of the north' }).count()).toBe(1);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await conversations(page).filter({ hasText: 'Rivers of the north' }).waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Talk to your API' }).waitFor();
    expect(new URL(page.url()).hash).toBe('');
  });

  test('says in the server\'s words why a conversation cannot be deleted now', async () => {
    const page = await visit();
    await talk(page, 'Still talking');
    example.cloud.faults.set({ kind: 'slow', times: 1 });
    await say(page, 'Go on slowly.');
    await page.locator('.streaming').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByText('is still running').waitFor();
  });

  test('keeps thumbs up and down, by keyboard alone, after a reload too', async () => {
    const page = await visit();
    await talk(page, 'Was this good?');
    const thumb = (name: string) => page.getByRole('button', { name });
    await thumb('Good answer').focus();
    await page.keyboard.press('Enter');
    await page.locator('[aria-label="Good answer"][aria-pressed=true]').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.locator('[aria-label="Bad answer"][aria-pressed=true]').waitFor();
    expect(await thumb('Good answer').getAttribute('aria-pressed')).toBe('false');
    await talk(page, 'And this?');
    await thumb('Good answer').nth(1).click();
    await page.reload();
    await page.locator('[aria-pressed=true]').nth(1).waitFor();
    expect(await page.locator('.rating button').evaluateAll((buttons) => buttons.map((button) => button.ariaPressed))).toEqual(['false', 'true', 'true', 'false']);
  });

  test('calls answers by the name of their model, after a reload too', async () => {
    const page = await visit();
    await talk(page, 'Who are you?');
    const authors = page.locator('.answer .who');
    const before = await authors.allTextContents();
    expect(before).toEqual(['global.amazon.nova-2-lite-v1:0']);
    await page.reload();
    await authors.getByText(before[0]).waitFor();
    expect(await authors.allTextContents()).toEqual(before);
  });

  test('edits a message by keyboard, and goes from one version to the other and on from there', async () => {
    const page = await visit();
    await talk(page, 'The first wording');
    await talk(page, 'A second message');
    await page.getByRole('button', { name: 'Edit this message' }).first().focus();
    await page.keyboard.press('Enter');
    const area = page.getByRole('textbox', { name: 'Edited message' });
    expect(await area.inputValue()).toBe('The first wording');
    await page.keyboard.press('Escape');
    expect(await page.evaluate(() => document.activeElement!.ariaLabel)).toBe('Edit this message');
    await page.keyboard.press('Enter');
    await area.fill('Another wording');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: 'Version 2 of 2' }).waitFor();
    expect(await page.locator('article.question .plain').allTextContents()).toEqual(['Another wording']);

    await page.getByRole('button', { name: 'Previous version' }).click();
    await page.getByRole('img', { name: 'Version 1 of 2' }).waitFor();
    expect(await page.locator('article.question .plain').allTextContents()).toEqual(['The first wording', 'A second message']);
    expect(await page.evaluate(() => document.activeElement!.ariaLabel)).toBe('Next version');
    await talk(page, 'And on from here');
    expect(await answers(page).last().textContent()).toContain('3 messages of yours');
    await page.reload();
    await page.getByText('And on from here', { exact: true }).waitFor();
    expect(await page.locator('article.question .plain').allTextContents()).toEqual(['The first wording', 'A second message', 'And on from here']);
  });

  test('has an answer given anew, and keeps both with what was thought of them', async () => {
    const page = await visit();
    await talk(page, 'Tell me something');
    await page.getByRole('button', { name: 'Bad answer' }).click();
    await page.locator('[aria-label="Bad answer"][aria-pressed=true]').waitFor();
    await page.getByRole('button', { name: 'Regenerate this answer' }).click();
    await page.getByRole('img', { name: 'Version 2 of 2' }).waitFor();
    expect(await page.locator('article.question').count()).toBe(1);
    expect(await page.locator('[aria-pressed=true]').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement!.ariaLabel)).toBe(await box(page).getAttribute('aria-label'));
    await page.getByRole('button', { name: 'Previous version' }).click();
    await page.locator('[aria-label="Bad answer"][aria-pressed=true]').waitFor();
  });

  test('shows why another version could not be had, and the conversation as it was after that', async () => {
    const page = await visit();
    await talk(page, 'Tell me something');
    example.cloud.faults.set({ kind: 'cut', times: 4 });
    await page.getByRole('button', { name: 'Regenerate this answer' }).click();
    await page.getByRole('alert').filter({ hasText: 'Retry' }).waitFor();
    example.cloud.faults.set({ kind: 'none' });
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('button', { name: 'Regenerate this answer' }).waitFor();
    expect(await page.getByRole('img', { name: /Version/ }).count()).toBe(0);
  });
});
