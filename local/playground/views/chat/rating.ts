import { Rating } from './client';
import { h } from '../../dom';

const THUMBS: readonly (readonly [Rating, name: string])[] = [['up', 'Good answer'], ['down', 'Bad answer']];

const SVG = 'http://www.w3.org/2000/svg';

/** Drawn, for not every machine has a font with emoji. */
function thumb(rating: Rating): SVGElement {
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', 'M2 9h3v9H2z M7 17V9l4-7c1.6 0 2.3 1.2 2 2.6L12.4 8H17c1 0 1.6.9 1.4 1.8l-1.5 6.7c-.2.9-.9 1.5-1.8 1.5H9z');
  const drawing = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ 'viewBox': '0 0 20 20', 'class': `thumb ${rating}`, 'aria-hidden': 'true' })) drawing.setAttribute(name, value);
  drawing.append(path);
  return drawing;
}

/** What the reader thinks of an answer: two buttons, of which the one that was pressed last stays pressed. */
export function ratingButtons(rate: (rating: Rating) => Promise<void>, given?: Rating): HTMLElement {
  const trouble = h('span', { class: 'trouble', role: 'alert' });
  const buttons = THUMBS.map(([rating, name]) => h('button', {
    'type': 'button', 'class': 'quiet', 'aria-label': name, 'title': name, 'aria-pressed': String(rating === given), 'onclick': () => void press(rating),
  }, thumb(rating)));
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
