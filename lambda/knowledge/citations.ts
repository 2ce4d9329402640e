import { terms } from '../kit/terms';

/** A mark of the model's, found in what it says. Offsets count characters of the answer as the client has it, as JavaScript counts them. */
export interface Mark {
  /** The passage's, counted from 1. */
  readonly number: number;
  /** Where the statement stands that the passage is named for. */
  readonly start: number;
  readonly end: number;
  /** Where the mark itself begins. */
  readonly at: number;
}

export type CitedEvent = { readonly type: 'text'; readonly text: string } | { readonly type: 'mark'; readonly mark: Mark };

/** A mark, and the blanks before it, which go with one that names nothing. Some models write their own brackets, and what they read where. */
const MARK = /^([ \t\u00a0]*)[[【]\s*(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\s*(?:†[^\]】]{0,40})?[\]】]$/;
const LONGEST_MARK = 80;
/** What ends a sentence: before a space, or by itself; and what closes behind it, in French after a space of its own. */
const [ENDS, ENDS_ALONE, CLOSES] = ['[.!?\\u061f]', '[。！？\\u0964\\u06d4]', '(?:["\'”’“»)\\]」』]|\\s»)*'];
const SENTENCE = new RegExp(`(?:${ENDS}${CLOSES}\\s|${ENDS_ALONE}${CLOSES}|\\n)\\s*`, 'g');
const SENTENCE_END = new RegExp(`(?:${ENDS}|${ENDS_ALONE})${CLOSES}$`);

/**
 * Reads marks like [2] out of an answer while it comes, wherever it is cut. Numbers that no passage has are taken out of the text; [1, 2] is
 * told as [1][2]. What stands in code is left as it is.
 */
export class CitationReader {
  /** All that was told. */
  said = '';
  /** What may be the beginning of a mark, and waits for its end. */
  private held = '';
  private readonly code = new CodeSpans();
  private last?: { readonly start: number; readonly end: number; readonly after: number };

  /** @param passages how many there are to be named */
  constructor(private readonly passages: () => number) {}

  take(text: string): CitedEvent[] {
    const events: CitedEvent[] = [];
    let plain = '';
    const flush = () => {
      if (plain !== '') events.push({ type: 'text', text: plain });
      this.said += plain;
      plain = '';
    };
    const release = () => {
      plain += this.held;
      this.held = '';
    };
    for (const char of text) {
      const inCode = this.code.holds(char);
      const opened = /[[【]/.test(this.held);
      if (inCode) {
        release();
        plain += char;
      } else if (char === '[' || char === '【') {
        if (opened) release();
        this.held += char;
      } else if (opened) {
        this.held += char;
        if (char !== ']' && char !== '】') {
          if (this.held.length > LONGEST_MARK || char === '\n') release();
          continue;
        }
        const numbers = this.numbersIn(this.held);
        if (!numbers) {
          release();
          continue;
        }
        flush();
        events.push(...this.marked(numbers));
        this.held = '';
      } else if (char === ' ' || char === '\t' || char === '\u00a0') {
        this.held += char;
      } else {
        release();
        plain += char;
      }
    }
    flush();
    return events;
  }

  /** What still waited when the answer ended. */
  end(): CitedEvent[] {
    const text = this.held;
    [this.held, this.said] = ['', this.said + text];
    return text === '' ? [] : [{ type: 'text', text }];
  }

  /** Undefined for brackets that are no mark. */
  private numbersIn(held: string): { readonly blank: string; readonly known: readonly number[] } | undefined {
    const [, blank, list] = MARK.exec(held) ?? [];
    if (list === undefined) return undefined;
    const numbers = list.split(/[,;]/).map(Number);
    return { blank, known: [...new Set(numbers)].filter((number) => number >= 1 && number <= this.passages()) };
  }

  private marked({ blank, known }: { readonly blank: string; readonly known: readonly number[] }): CitedEvent[] {
    if (known.length === 0) return [];
    const { start, end } = this.statement();
    const at = this.said.length + blank.length;
    const text = blank + known.map((number) => `[${number}]`).join('');
    this.said += text;
    this.last = { start, end, after: this.said.length };
    let place = at;
    const marks = known.map((number): CitedEvent => {
      const mark = { number, start, end, at: place };
      place += `[${number}]`.length;
      return { type: 'mark', mark };
    });
    return [{ type: 'text', text }, ...marks];
  }

  /** The sentence before a mark, or what of it no mark before has; marks one after another are of the same one. */
  private statement(): { readonly start: number; readonly end: number } {
    const { said, last } = this;
    const end = said.trimEnd().length;
    if (last && said.slice(last.after).trim() === '') return last;
    const floor = last?.after ?? 0;
    // The end of the sentence itself is no beginning of it.
    const inner = said.slice(floor, end).replace(SENTENCE_END, '');
    let start = floor;
    for (const { index, 0: boundary } of inner.matchAll(SENTENCE)) start = floor + index + boundary.length;
    const lead = /^[\s.,;:!?)]*/.exec(said.slice(start, end))?.[0].length ?? 0;
    return { start: Math.min(start + lead, end), end };
  }
}

/** Knows code in Markdown while it comes: blocks between three backticks, and spans between one or two that end with their line at the latest. */
class CodeSpans {
  private open: 'none' | 'span' | 'block' = 'none';
  /** How many backticks came last. */
  private ticks = 0;

  /** Whether the next character is a backtick or stands between some. */
  holds(char: string): boolean {
    if (char === '`') {
      this.ticks++;
      return true;
    }
    if (this.ticks >= 3) this.open = this.open === 'block' ? 'none' : 'block';
    else if (this.ticks > 0 && this.open !== 'block') this.open = this.open === 'span' ? 'none' : 'span';
    this.ticks = 0;
    // A backtick that nothing closes must not hide what is cited behind it.
    if (char === '\n' && this.open === 'span') this.open = 'none';
    return this.open !== 'none';
  }
}

const SNIPPET_CHARACTERS = 300;

/** The part of a passage that a statement is most likely from: the sentence that shares most words with it, and what follows while there is room. */
export function snippetOf(passage: string, statement: string): string {
  const text = passage.replace(/\s+/g, ' ').trim();
  if (text.length <= SNIPPET_CHARACTERS) return text;
  const wanted = new Set(terms(statement));
  const sentences = [...text.matchAll(/[^.!?。！？]+[.!?。！？]*["')\]]*\s*/g)].map(({ 0: sentence, index }) => ({ index, shared: terms(sentence).filter((word) => wanted.has(word)).length }));
  const best = sentences.reduce((one, other) => other.shared > one.shared ? other : one, { index: 0, shared: 0 });
  const from = Math.min(best.index, text.length - SNIPPET_CHARACTERS);
  const begun = best.index <= from ? from : wordFrom(text, from);
  const ended = begun + SNIPPET_CHARACTERS >= text.length ? text.length : wordTo(text, begun + SNIPPET_CHARACTERS);
  return `${begun > 0 ? '…' : ''}${text.slice(begun, ended).trim()}${ended < text.length ? '…' : ''}`;
}

/** As far as the next or the last space is looked for: where words have none between them, any character begins one. */
const LONGEST_WORD = 30;
const TRAILING = /[\udc00-\udfff]/;

function wordFrom(text: string, from: number): number {
  const space = text.slice(from, from + LONGEST_WORD).indexOf(' ');
  return space < 0 ? from + Number(TRAILING.test(text[from])) : from + space + 1;
}

function wordTo(text: string, to: number): number {
  const space = text.slice(to - LONGEST_WORD, to).lastIndexOf(' ');
  return space < 0 ? to - Number(TRAILING.test(text[to])) : to - LONGEST_WORD + space;
}
