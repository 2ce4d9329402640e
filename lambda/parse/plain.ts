import type { ReadText } from './reading';
import { clean, MarkdownWriter } from './writer';

/** Paragraphs, as blank lines part them. */
export const readPlain: ReadText = (text, { policy }) => {
  const writer = new MarkdownWriter(policy.characters);
  for (const paragraph of clean(text).split(/\n[ \t\f]*\n|\f/)) writer.paragraph(paragraph);
  return writer.end('the document holds nothing but blanks');
};
