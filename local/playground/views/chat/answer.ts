import { type Rating, STOPPED } from './client';
import { ratingButtons } from './rating';
import { ApiError } from '../../api-error';
import { h } from '../../dom';
import { count, dollars, duration } from '../../format';
import { showMarkdown } from '../../markdown';
import { Usage } from '../../meter';
import type { Annotation, Span } from '../rag/client';
import { Sources } from '../rag/sources';

const ENDINGS: Readonly<Record<string, string>> = {
  length: 'The answer reached its token limit.',
  content_filter: 'The guardrail stepped in.',
  [STOPPED]: 'You stopped the answer.',
  tool_calls: 'The model asked for a tool.',
};

export interface Timing {
  readonly firstToken?: number;
  readonly total: number;
}

/** One answer: its text as it grows, then its numbers, or what went wrong with it. */
export class Answer {
  readonly element: HTMLElement;
  private readonly body = h('div', { class: 'markdown' });
  private readonly label = h('p', { class: 'who' });
  private text = '';
  private route = '';
  private readonly sources = new Sources();
  private drawing = false;

  /** Without a model, the label takes the name of the API's as soon as the page knows it. */
  constructor(model?: string) {
    this.label.textContent = model ?? 'Model';
    this.label.classList.toggle('model-name', model === undefined);
    this.element = h('article', { class: 'answer' }, this.label, this.body);
  }

  /** Says which model answers and why that one, where a router chose it. */
  routed(model: string, route: string): this {
    this.route = ` · ${route}`;
    this.name(model);
    return this;
  }

  /** Marks the answer as under way. */
  begin(): this {
    this.element.classList.add('streaming');
    return this;
  }

  append(text: string, model: string): void {
    this.text += text;
    this.name(model);
    // Tokens can come faster than frames; drawing once a frame keeps long answers smooth.
    if (!this.drawing) {
      this.drawing = true;
      requestAnimationFrame(() => this.draw());
    }
  }

  private name(model: string): void {
    this.label.textContent = model + this.route;
    this.label.classList.remove('model-name');
  }

  cite(annotation: Annotation): this {
    this.sources.annotate(annotation);
    return this;
  }

  show(text: string): this {
    this.text = text;
    this.draw();
    return this;
  }

  finish(usage: Usage | undefined, timing?: Timing, reason?: string): this {
    this.settle();
    this.link(this.sources);
    this.element.append(this.sources.element);
    if (reason && ENDINGS[reason]) {
      this.element.append(h('p', { class: 'ending' }, ENDINGS[reason]));
    }
    const figures = figuresOf(usage, timing);
    if (figures.length > 0) {
      this.element.append(h('dl', { class: 'figures' }, ...figures.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))));
    }
    return this;
  }

  /** Has its marks open what they name, and its sentences without one look like such. */
  link(sources: Sources, uncited?: readonly Span[]): void {
    sources.link(this.body, this.text, uncited);
  }

  /** Asks the reader what they think of the answer. */
  rateable(rate: (rating: Rating) => Promise<void>, given?: Rating): this {
    this.element.append(ratingButtons(rate, given));
    return this;
  }

  left(timing: Timing): void {
    this.finish(undefined, timing);
    this.element.append(h('p', { class: 'ending' }, 'You stopped reading here. The API may still be finishing the answer.'));
  }

  fail(error: Error, retry: () => void): void {
    this.settle();
    this.element.classList.add('failed');
    this.element.append(errorNote(error, retry));
  }

  private settle(): void {
    this.draw();
    this.element.classList.remove('streaming');
  }

  private draw(): void {
    this.drawing = false;
    showMarkdown(this.body, this.text);
  }
}

/** What the server said, word for word, with what it takes to find the request in the logs. */
export function errorNote(error: Error, retry: () => void): HTMLElement {
  const details: [string, string | undefined][] = error instanceof ApiError
    ? [['Type', error.type], ['Code', error.code ?? undefined], ['Status', error.status?.toString()], ['Request', error.requestId], ['Retry after', error.retryAfter && `${error.retryAfter} s`]]
    : [['Type', error.name]];
  return h('div', { class: 'error', role: 'alert' },
    h('p', { class: 'message' }, error.message),
    h('dl', { class: 'figures' }, ...details.flatMap(([name, value]) => value ? [h('div', {}, h('dt', {}, name), h('dd', {}, value))] : [])),
    h('button', { type: 'button', onclick: retry }, 'Retry'));
}

function figuresOf(usage: Usage | undefined, timing: Timing | undefined): [string, string][] {
  const figures: [string, string][] = [];
  if (timing?.firstToken !== undefined) {
    figures.push(['First token', duration(timing.firstToken)]);
  }
  if (timing) {
    figures.push(['Total', duration(timing.total)]);
  }
  if (usage) {
    figures.push(['Tokens in', count(usage.prompt_tokens)], ['Tokens out', count(usage.completion_tokens)]);
    if (usage.prompt_tokens_details?.cached_tokens) {
      figures.push(['From cache', count(usage.prompt_tokens_details.cached_tokens)]);
    }
    figures.push(['Cost', usage.cost === undefined ? 'unknown' : dollars(usage.cost)]);
  }
  return figures;
}
