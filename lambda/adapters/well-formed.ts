/** A text without what databases refuse: the character 0, and halves of characters. As long as before, so that offsets into it hold. */
export function wellFormed(text: string): string {
  return /[\u0000\ud800-\udfff]/.test(text) ? text.replace(/\u0000|\p{Surrogate}/gu, '\ufffd') : text;
}
