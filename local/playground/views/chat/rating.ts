import { Rating } from './client';
import { h } from '../../dom';

const THUMBS: readonly (readonly [Rating, glyph: string, name: string])[] = [['up', '👍', 'Good answer'], ['down', '👎', 'Bad answer']];

/** What the reader thinks of an answer: two buttons, of which the one that was pressed last stays pressed. */
export function ratingButtons(rate: (rating: Rating) => Promise<void>, given?: Rating): HTMLElement {
  const trouble = h('span', { class: 'trouble', role: 'alert' });
  const buttons = THUMBS.map(([rating, glyph, name]) => h('button', {
    'type': 'button', 'class': 'quiet', 'aria-label': name, 'title': name, 'aria-pressed': String(rating === given), 'onclick': () => void press(rating),
  }, glyph));
  const press = async (rating: Rating) => {
    try {
      await rate(rating);
      trouble.textContent = '';
      buttons.forEach((button, position) => button.setAttribute('aria-pressed', String(THUMBS[position][0] === rating)));
    } catch (error) {
      trouble.textContent = (error as Error).message;
    }
  };
  // The log around it is read aloud as it grows; buttons are found by those who look for them.
  return h('div', { 'class': 'rating', 'role': 'group', 'aria-label': 'What you think of this answer', 'aria-live': 'off' }, ...buttons, trouble);
}
