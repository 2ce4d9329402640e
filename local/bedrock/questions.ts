import { type ConverseRequest, lastUserText } from './converse';

/** A conversation whose last message is to be written down as questions, each by itself. */
const CONVERSATION = /^<conversation>\n([^]*)\n<\/conversation>\nThe last message asks:$/;

/** The questions behind what was said last: each as it stands, and one that begins like the rest of another with the one before it. */
export function questionsAsked(request: ConverseRequest): string | undefined {
  const [, conversation] = CONVERSATION.exec(lastUserText(request)) ?? [];
  if (conversation === undefined) return undefined;
  const said = [...conversation.matchAll(/<user>\n([^]*?)\n<\/user>/g)].map(([, text]) => text.trim());
  const last = said.at(-1) ?? '';
  const before = said.at(-2);
  const questions = last.match(/[^?]+\??/g)?.map((question) => question.trim()).filter(Boolean) ?? [last];
  return questions.map((question) => (before !== undefined && /^(?:and|what about|how about)\b/i.test(question) ? `${before} ${question}` : question)).join('\n');
}
