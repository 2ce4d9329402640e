/** So long a sentence is no sentence any more: what has come of it goes on, up to its last white space. */
const LONGEST = 2_000;

/** What ends with a full stop and no sentence with it, in the languages that models speak most; an initial, too. */
const ABBREVIATED = new RegExp(`(?:^|[\\s("'„“‘«[])(?:${[
  'Mr', 'Mrs', 'Ms', 'Dr', 'Prof', 'Rev', 'Gen', 'Sen', 'St', 'Sr', 'Jr', 'vs', 'cf', 'approx', 'Fig', 'Eq', 'Sec', 'Ch', 'Vol', 'pp', 'e\\.\\s?g', 'i\\.\\s?e',
  'Hr', 'Fr', 'Nr', 'Abb', 'Abs', 'Art', 'bzw', 'ca', 'vgl', 'ggf', 'inkl', 'z\\.\\s?B', 'd\\.\\s?h', 'u\\.\\s?a', 'o\\.\\s?ä', 'Mme', 'Mlle', 'p\\.\\s?ex', 'Sra', 'Dra', 'Ud', 'sig', 'p\\.\\s?es',
  '\\p{L}',
].join('|')})\\.\\s*$`, 'u');
/** Before a number only. */
const NUMBERED = /(?:^|\s)(?:No|no|p|S)\.\s*$/u;
/** A day, where it has a full stop; its month may have come in half. */
const DAY = /(?:^|\s)\d{1,2}\.\s*$/u;
const MONTHS = ['Januar', 'Februar', 'März', 'April', 'Mai', 'Juni', 'Juli', 'August', 'September', 'Oktober', 'November', 'Dezember'];
/** `1.` at the head of an item. */
const ITEM = /^\s*(?:\d{1,3}|\p{L})[.)]\s*$/u;
/** What opens and closes a block of code. */
const FENCE = /^\s{0,3}(?:```|~~~)/;

/** Cuts a text that comes in pieces into sentences; a line of a list, a table or a block of code is one. Nothing is lost, and nothing added. */
export class Sentences {
  private readonly segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
  private text = '';
  private inCode = false;

  /** Whether there is the beginning of a sentence. */
  get holds(): boolean {
    return this.text !== '';
  }

  /** Takes a piece in, and gives the sentences that are complete with it. */
  take(piece: string): string[] {
    this.text += piece;
    const complete: string[] = [];
    for (let end = this.text.indexOf('\n') + 1; end > 0; end = this.text.indexOf('\n') + 1) complete.push(...this.line(this.cut(end)));
    if (this.inCode || FENCE.test(this.text)) return complete;
    const begun = this.split(this.text);
    const last = begun.pop() ?? '';
    for (const sentence of begun) complete.push(this.cut(sentence.length));
    if (last.length > LONGEST) complete.push(this.cut(Math.max(last.lastIndexOf(' ', LONGEST), 0) + 1 || LONGEST));
    return complete;
  }

  /** What is left, complete or not. */
  flush(): string[] {
    const rest = this.cut(this.text.length);
    return rest === '' ? [] : [rest];
  }

  private cut(end: number): string {
    const head = this.text.slice(0, end);
    this.text = this.text.slice(end);
    return head;
  }

  private line(line: string): string[] {
    const fence = FENCE.test(line);
    if (fence) this.inCode = !this.inCode;
    return fence || this.inCode ? [line] : this.split(line);
  }

  private split(text: string): string[] {
    const sentences: string[] = [];
    for (const { segment } of this.segmenter.segment(text)) {
      const before = sentences.at(-1);
      if (before !== undefined && goesOn(before, segment)) sentences[sentences.length - 1] = before + segment;
      else sentences.push(segment);
    }
    return sentences;
  }
}

/** Whether what seemed to end a sentence did not: an abbreviation, the number of an item, a day. */
export function goesOn(before: string, next: string): boolean {
  return ABBREVIATED.test(before) || ITEM.test(before) || (NUMBERED.test(before) && /^\d/.test(next)) || (DAY.test(before) && isMonth(next));
}

function isMonth(text: string): boolean {
  const [, word = '', end = ''] = /^(\p{L}+)(.?)/su.exec(text) ?? [];
  return MONTHS.some((month) => end === '' ? word !== '' && month.startsWith(word) : month === word);
}
