/** Words that stand in every text and tell none from another. */
const EMPTY = new Set(('a an the and or but if of in on at to for from by with as is are was were be been it its this that these those i you he she we they my your his her our their '
  + 'do does did what which who whom how when where why can could should would will may might must not no so than then there here have has had about into over up out me us them').split(' '));

/** The words of a text that carry meaning, in one form each: `holidays` is `holiday`. */
export function terms(text: string): string[] {
  return (text.toLowerCase().normalize('NFKC').match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !EMPTY.has(word)).map(stem);
}

/** Cuts the commonest English endings; a word of another language stays as it is, or loses its plural. */
function stem(word: string): string {
  if (word.length <= 3 || /\d/.test(word)) return word;
  const base = word.replace(/(?:sses|ies)$/, (end) => (end === 'sses' ? 'ss' : 'y')).replace(/([^su])s$/, '$1');
  return base.length > 5 ? base.replace(/(?:ing|ed)$/, '') : base;
}

/** Sentences with the space after them: joined they are the text again. */
export function sentences(text: string): string[] {
  return text.match(/[^.!?。！？\n]+(?:[.!?。！？]+|\n+|$)\s*|\s*\n\s*|[.!?。！？]+\s*/gu) ?? [];
}
