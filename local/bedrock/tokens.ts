/** Splits text into stable pieces that stand for tokens: up to four letters with the space before them. Joined they are the text again. */
export function tokens(text: string): string[] {
  return text.match(/\s*\S{1,4}|\s+/gu) ?? [];
}

export function countTokens(text: string): number {
  return tokens(text).length;
}

/** Pieces as a model streams them: a word with the space before it. A very long word comes in parts. */
export function words(text: string): string[] {
  return text.match(/\s*\S{1,200}|\s+/gu) ?? [];
}
