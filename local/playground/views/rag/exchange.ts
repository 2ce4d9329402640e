import { ask, Done, Explanation, Passage, questionBody, type Said } from './client';
import { howFound } from './explained';
import { Sources } from './sources';
import { h } from '../../dom';
import { counted } from '../../format';
import { Meter, Usage } from '../../meter';
import { SignedFetch } from '../../signed-fetch';
import { Answer } from '../chat/answer';

export interface ExchangeTerms {
  readonly api: SignedFetch;
  readonly meter: Meter;
  readonly about: 'documents' | 'tables';
  /** Whether the API tells how it finds what it answers from. */
  readonly explains: boolean;
}

/** One question and what is answered to it: its text as it comes, what it is from, and how that was found. */
export class Exchange {
  private readonly sources = new Sources();
  private passages: readonly Passage[] = [];
  private explanation?: Explanation;
  private firstToken?: number;
  private said = '';
  private again = false;
  private readonly began = performance.now();
  /** Is filled when the answer has been read aloud, and not read with it. */
  private readonly how = h('div', { 'aria-live': 'off' });

  constructor(private readonly answer: Answer, private readonly asked: readonly Said[], private readonly terms: ExchangeTerms) {}

  /** What was answered; undefined where it did not come to its end. */
  async receive(signal: AbortSignal, retry: () => void): Promise<string | undefined> {
    const { api, explains } = this.terms;
    try {
      for await (const event of ask(api, questionBody(this.asked, explains), signal)) {
        if (event.kind === 'passages') {
          ({ passages: this.passages, explanation: this.explanation } = event);
          this.sources.found(event.passages);
        } else if (event.kind === 'text') {
          this.firstToken ??= performance.now() - this.began;
          this.said += event.text;
          this.answer.append(event.text, 'Answer');
        } else if (event.kind === 'citation') {
          this.sources.cite(event.citation);
        } else {
          this.finish(event);
        }
      }
      return this.said;
    } catch (error) {
      if (signal.aborted) {
        this.answer.left(this.timing());
      } else {
        this.answer.fail(error as Error, retry);
      }
      this.answer.link(this.sources);
      this.answer.element.append(this.sources.element, this.how);
      return undefined;
    }
  }

  /** Tells how the passages were found, where the API says so; whether it does. */
  explain(): boolean {
    const { passages, explanation, sources, asked, again } = this;
    if (!explanation) {
      return false;
    }
    this.how.replaceChildren(howFound({
      question: asked[asked.length - 1].content,
      passages,
      explanation,
      again,
      isCited: (passage) => sources.isCited(passage),
      open: (passage) => sources.open(passage),
    }));
    return true;
  }

  private finish({ model, reason, grounded, uncited, age, usage }: Done): void {
    const { answer, sources } = this;
    this.count(usage);
    this.again = age !== undefined;
    answer.routed(model, [this.ground(grounded), age !== undefined && `answered before, ${counted(age, 'second')} ago`].filter(Boolean).join(' · '));
    answer.finish(usage, this.timing(), reason).link(sources, uncited);
    if (uncited.length > 0) {
      answer.element.append(h('p', { class: 'hint' }, 'Sentences underlined with dots name no passage, and are not checked.'));
    }
    answer.element.append(sources.element, this.how);
  }

  private ground(grounded: boolean): string {
    const { about } = this.terms;
    return grounded ? `from your ${about}` : `from no ${about === 'documents' ? 'document' : 'table'}`;
  }

  private count(usage: Usage | undefined): void {
    if (usage) {
      this.terms.meter.add(usage);
    }
  }

  private timing() {
    return { firstToken: this.firstToken, total: performance.now() - this.began };
  }
}
