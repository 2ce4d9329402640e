import { h } from './dom';
import { count, dollars } from './format';

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number };
  /** In USD; absent where the model's prices are unknown. */
  readonly cost?: number;
}

/** Adds up what this page has spent since it was opened, whichever pattern spent it and for whichever user. */
export class Meter {
  readonly element: HTMLElement;
  private answers = 0;
  private input = 0;
  private output = 0;
  private cost = 0;
  private unpriced = 0;
  private readonly figures = new Map(['Answers', 'Tokens in', 'Tokens out', 'Cost so far'].map((name) => [name, h('dd', {})]));

  constructor() {
    this.element = h('section', { 'aria-label': 'Spent since this page was opened' },
      h('dl', { class: 'meter' }, ...[...this.figures].map(([name, figure]) => h('div', {}, h('dt', {}, name), figure))));
    this.show();
  }

  add(usage: Usage): void {
    this.answers += 1;
    this.input += usage.prompt_tokens;
    this.output += usage.completion_tokens;
    this.cost += usage.cost ?? 0;
    this.unpriced += usage.cost === undefined ? 1 : 0;
    this.show();
  }

  private show(): void {
    const unpriced = this.unpriced > 0 ? ` + ${count(this.unpriced)} unpriced` : '';
    this.figures.get('Answers')!.textContent = count(this.answers);
    this.figures.get('Tokens in')!.textContent = count(this.input);
    this.figures.get('Tokens out')!.textContent = count(this.output);
    this.figures.get('Cost so far')!.textContent = dollars(this.cost) + unpriced;
  }
}
