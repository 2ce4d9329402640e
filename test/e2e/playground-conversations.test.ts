import { describeWithBrowser, openPlayground } from './playground-page';
import { runExample } from './run-example';

describeWithBrowser('the conversations of the playground page', () => {
  const example = runExample('chatbot-api');
  const { visit, conversations, say, talk } = openPlayground(example);

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
});
