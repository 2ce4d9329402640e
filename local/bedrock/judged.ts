import { type ConverseRequest, lastUserText, textOf } from './converse';
import { sentences, terms } from '../knowledge/words';

/** A statement is supported, or a reference met, when so many of its words are there. */
const MOST = 0.8;
const SOME = 0.4;

/** What the local model says of an answer that it is to judge: by the words that its statements share with passages, question and reference. */
export function judgement(request: ConverseRequest): string | undefined {
  if (!textOf(request.system ?? []).startsWith('You judge an answer')) return undefined;
  const told = lastUserText(request);
  if (/\bmumbling\b/.test(told)) return 'I would rather not say.';
  const parts = (name: string) => [...told.matchAll(new RegExp(`<${name}\\b[^>]*>\\n([^]*?)\\n</${name}>`, 'g'))].map(([, text]) => text);
  const [question = ''] = parts('question');
  const [answer = ''] = parts('answer');
  const [reference] = parts('reference');
  const passages = parts('passage').map((passage) => new Set(terms(passage)));
  const said = sentences(answer.replace(/ ?\[\d+\]/g, '')).map((sentence) => sentence.trim()).filter((sentence) => terms(sentence).length > 0);
  const abstains = /\b(?:do not know|not known|passages (?:do not say|say nothing))\b/i.test(answer);
  const statements = abstains ? [] : said.map((statement) => ({ statement, supported: passages.some((passage) => share(terms(statement), passage) >= MOST) }));
  const relevance = abstains ? 1 : 1 + Math.round(4 * share(terms(question), new Set(terms(answer))));
  const met = reference === undefined ? 0 : share(terms(reference), new Set(terms(answer)));
  const correctness = met >= MOST ? 'correct' : met >= SOME ? 'partly' : 'wrong';
  return JSON.stringify({ abstains, statements, relevance, ...(reference !== undefined && { correctness }) });
}

function share(wanted: readonly string[], had: ReadonlySet<string>): number {
  return wanted.length === 0 ? 1 : wanted.filter((term) => had.has(term)).length / wanted.length;
}
