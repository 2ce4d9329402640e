import { h } from './dom';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'playground-theme';

/** Follows the system until told otherwise; the choice is remembered by this browser. */
export function themeButton(): HTMLButtonElement {
  const button = h('button', { type: 'button', class: 'quiet theme' });
  const show = (theme: Theme) => {
    document.documentElement.dataset.theme = theme;
    const next = following(theme);
    button.replaceChildren(h('span', { 'class': `theme-mark theme-${theme}`, 'aria-hidden': 'true' }), `Theme: ${theme}`);
    button.title = `Switch to ${next}`;
  };
  button.addEventListener('click', () => {
    const next = following(remembered());
    localStorage.setItem(KEY, next);
    show(next);
  });
  show(remembered());
  return button;
}

function remembered(): Theme {
  return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
}

function following(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
}
