/** The usual settings: how soon a word's repetition stops counting, and how much a long text is held back. */
export const K1 = 1.2;
export const B = 0.75;

/** What the texts are that a word is looked up in. */
export interface TextStatistics {
  readonly texts: number;
  /** Words in a text, on average. */
  readonly average: number;
}

/** How much a word tells that stands in some of the texts. Never below 0, as with Lucene. */
export function rarity(containing: number, { texts }: TextStatistics): number {
  return Math.log(1 + (Math.max(texts, containing) - containing + 0.5) / (containing + 0.5));
}

/** What a word adds to a text's score that holds it so often. */
export function weight(count: number, length: number, { average }: TextStatistics): number {
  return count * (K1 + 1) / (count + K1 * (1 - B + B * length / (average || 1)));
}
