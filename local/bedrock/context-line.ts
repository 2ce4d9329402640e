import { type ConverseRequest, lastUserText, textOf } from './converse';

const DOCUMENT = /^<document>\n([^]*)\n<\/document>$/;
const PART = /^<part>\n[^]*\n<\/part>$/;
const LONGEST = 200;

/** The line about a part of a document that was read before: what the document is called, or how it begins. */
export function contextLine(request: ConverseRequest): string | undefined {
  const [, document] = DOCUMENT.exec(textOf(request.messages?.[0]?.content ?? [])) ?? [];
  if (document === undefined || !PART.test(lastUserText(request))) return undefined;
  const first = document.split('\n').map((line) => line.replace(/^(?:Title:|#+)\s*/, '').trim()).find((line) => line !== '') ?? '';
  return `This part stands in ${[...first].slice(0, LONGEST).join('')}.`;
}
