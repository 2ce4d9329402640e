import { type ConverseRequest, lastUserText, textOf } from './converse';
import { sentences, terms } from '../knowledge/words';

/** A passage in a prompt: `<passage number="2">…</passage>` or `<search_result …>`; without a number or an id its place in the prompt. */
const PASSAGE = /<(passage|search_result)\b([^>]*)>([^]*?)<\/\1>/g;

/** A heading names what is asked and answers nothing: lines that end like no sentence count less. */
const STATED = /[.!?。！？]["'”’)\]]*\s*$/;
const HEADING_SHARE = 0.6;

/** Most sentences of an answer. */
const SENTENCES = 3;

/** What the local model says to a prompt that has passages: the sentences that answer best, each with the number of its passage; nothing to one without. */
export function groundedAnswer(request: ConverseRequest): string | undefined {
  const prompt = [textOf(request.system ?? []), lastUserText(request)].join('\n');
  const passages = [...prompt.matchAll(PASSAGE)].map(([, , attributes, text], at) => ({ id: /\b(?:id|index|number)="?([\w.-]+)/.exec(attributes)?.[1] ?? String(at + 1), text }));
  if (passages.length === 0) return undefined;
  const asked = new Set(terms(lastUserText(request).replace(PASSAGE, ' ')));
  const found = passages.flatMap(({ id, text }, place) => sentences(text).map((sentence) => {
    const said = new Set(terms(sentence));
    const shared = [...asked].filter((term) => said.has(term)).length;
    return { id, place, sentence: sentence.trim(), score: shared * (STATED.test(sentence) ? 1 : HEADING_SHARE) - said.size / 1000 };
  })).filter(({ score }) => score > 0.5);
  const [best] = [...found].sort((one, other) => other.score - one.score);
  if (!best) return 'I do not know: the passages that I was given say nothing of it.';
  // Only what answers nearly as well as the best.
  const kept = found.filter(({ score }) => score > best.score / 2).sort((one, other) => other.score - one.score || one.place - other.place);
  const distinct = kept.filter(({ sentence }, at) => kept.findIndex((other) => other.sentence === sentence) === at);
  return distinct.slice(0, SENTENCES).map(({ sentence, id }) => `${sentence} [${id}]`).join(' ');
}
