import { type ConverseRequest, lastUserText } from './converse';

/** A conversation whose last message is to be written down as questions, each by itself, in other words, or answered as a document would. */
const CONVERSATION = /^<conversation>\n([^]*)\n<\/conversation>\n(The last message asks|The last message asked otherwise|A passage that answers the last message):$/;

/** What local models take for another word, so that a question in other words finds what it would not. */
const OTHER_WORDS: Readonly<Record<string, string>> = { holiday: 'leave', vacation: 'leave', car: 'vehicle', salary: 'pay', boss: 'manager', laptop: 'computer' };

/**
 * The questions behind what was said last: each as it stands, and one that begins like the rest of another with the one before it. Asked for other words, it
 * changes those that it knows others for; asked for a passage, it states what is asked in them.
 */
export function questionsAsked(request: ConverseRequest): string | undefined {
  const [, conversation, wanted] = CONVERSATION.exec(lastUserText(request)) ?? [];
  if (conversation === undefined) return undefined;
  const said = [...conversation.matchAll(/<user>\n([^]*?)\n<\/user>/g)].map(([, text]) => text.trim());
  const last = said.at(-1) ?? '';
  const before = said.at(-2);
  const parts = last.match(/[^?]+\??/g)?.map((question) => question.trim()).filter(Boolean) ?? [last];
  const questions = parts.map((question) => (before !== undefined && /^(?:and|what about|how about)\b/i.test(question) ? `${before} ${question}` : question));
  if (wanted === 'The last message asks') return questions.join('\n');
  const otherwise = questions.map((question) => question.replace(/\p{L}+/gu, (word) => OTHER_WORDS[word.toLowerCase()] ?? word));
  return wanted.startsWith('A passage') ? `It is written: ${otherwise.join(' ').replace(/\?/g, '.')}` : otherwise.join('\n');
}
