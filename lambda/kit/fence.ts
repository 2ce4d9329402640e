/** What is read as the beginning of a mark: `<` and what Unicode has of its look. */
const OPENERS = /[<\uFE64\uFF1C]/gu;
/** What nobody sees, and blanks. */
const UNSEEN = /[\s\p{Cf}\p{Cc}\p{Mn}]/u;
const SLASH = /[/\\\u2044\u2215\u29F8]/u;

/**
 * Text of somebody else between two marks, `<name>` and `</name>`, that nothing in it can be read as: what looks like one of them, or like one of `others`,
 * begins with another character.
 */
export function fenced(name: string, text: string, { attributes = '', others = [] }: { readonly attributes?: string; readonly others?: readonly string[] } = {}): string {
  return `<${name}${attributes}>\n${withoutMarks(text, [name, ...others])}\n</${name}>`;
}

/** Takes marks apart however they are written: in capitals, wide letters, with blanks or with what nobody sees between their letters. */
export function withoutMarks(text: string, names: readonly string[]): string {
  return text.replace(OPENERS, (opener, at: number) => names.some((name) => isMark(text, at + 1, name)) ? '‹' : opener);
}

function isMark(text: string, from: number, name: string): boolean {
  let read = '';
  for (let at = from; at < text.length;) {
    const char = String.fromCodePoint(text.codePointAt(at)!);
    at += char.length;
    if (UNSEEN.test(char) || (read === '' && SLASH.test(char.normalize('NFKC')))) continue;
    read += char.normalize('NFKC').toLowerCase();
    if (read.startsWith(name)) return true;
    if (!name.startsWith(read)) return false;
  }
  return false;
}
