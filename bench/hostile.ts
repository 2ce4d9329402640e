import { type Chat, type Reply, withChat } from './cloud';
import { readJson, Refusal } from './data';
import type { Row } from './row';

type Outcome = 'kept' | 'refused' | { readonly problem: string };

interface Stored {
  readonly id: string;
  readonly messages: { readonly role: string; readonly content: string; readonly name?: string }[];
}

const CONCURRENCY = 4;

/** What a 4xx must say to be a refusal with a reason. */
function refusal({ status, json }: Reply, field: string): Outcome {
  const { error } = json[0] as { error?: { message: string; param: string | null } };
  const named = error?.param?.includes(field) ?? false;
  return status >= 400 && status < 500 && named ? 'refused' : { problem: `status ${status} ${JSON.stringify(json[0])}` };
}

function answerOf({ json }: Reply): string {
  return (json[0] as { choices: { message: { content: string } }[] }).choices[0].message.content;
}

async function stored(chat: Chat, id: string): Promise<Stored> {
  return (await chat.get(`v1/conversations/${encodeURIComponent(id)}`)).json[0] as Stored;
}

const roles: Record<string, (chat: Chat, text: string, index: number) => Promise<Outcome>> = {
  async 'message'(chat, text, index) {
    const id = `message-${index}`;
    const reply = await chat.complete({ messages: [{ role: 'user', content: text }], conversation_id: id });
    if (reply.status !== 200) return refusal(reply, 'messages');
    const { messages } = await stored(chat, id);
    const [question, answer] = messages;
    // The local model ends with the last words of the user, so this shows that they came through to it unchanged.
    if (!answerOf(reply).endsWith(text)) return { problem: `the model read something else: ${answerOf(reply)}` };
    return question.content === text && answer.content === answerOf(reply) ? 'kept' : { problem: `read back as ${JSON.stringify(messages)}` };
  },
  async 'name'(chat, text, index) {
    const id = `name-${index}`;
    const reply = await chat.complete({ messages: [{ role: 'user', name: text, content: 'Hello' }], conversation_id: id });
    if (reply.status !== 200) return refusal(reply, 'name');
    const { messages } = await stored(chat, id);
    return messages[0].name === text ? 'kept' : { problem: `read back as ${JSON.stringify(messages[0])}` };
  },
  async 'conversation id'(chat, text) {
    const reply = await chat.complete({ messages: [{ role: 'user', content: 'Hello' }], conversation_id: text });
    if (reply.status !== 200) return refusal(reply, 'conversation_id');
    const { id, messages } = await stored(chat, text);
    return id === text && messages.at(-2)?.content === 'Hello' ? 'kept' : { problem: `read back as ${id}` };
  },
};

const hostile: Row = {
  name: 'hostile',
  title: 'strings that break software, as message, name and conversation id of the chat example: kept exactly, or refused with a reason',
  needs: ['strings'],
  run: ({ strings = '' }) => withChat(async (chat) => {
    const texts = readStrings(strings);
    const notes: string[] = [];
    const count = { kept: 0, refused: 0, failed: 0 };
    const figures = [];
    for (const [role, attempt] of Object.entries(roles)) {
      const outcomes = await inTurns(texts, (text, index) => attempt(chat, text, index));
      const problems = outcomes.flatMap((outcome, index) => (typeof outcome === 'object' ? [`${role} ${JSON.stringify(texts[index])}: ${outcome.problem}`] : []));
      const of = (kind: Outcome) => outcomes.filter((outcome) => outcome === kind).length;
      count.kept += of('kept');
      count.refused += of('refused');
      count.failed += problems.length;
      figures.push({ name: `${role}: kept`, value: of('kept') }, { name: `${role}: refused with a reason`, value: of('refused') });
      notes.push(...problems.slice(0, 10));
    }
    const after = await chat.complete({ messages: [{ role: 'user', content: 'Still there?' }] });
    if (after.status !== 200) notes.push(`the next request is answered with ${after.status}`);
    return {
      figures: [
        ...figures.map(({ name, value }) => ({ name, value, unit: '', kind: 'check' } as const)),
        { name: 'anything else', value: count.failed + (after.status === 200 ? 0 : 1), unit: '', goal: 0, kind: 'check' },
      ],
      notes,
    };
  }),
};

async function inTurns<T, R>(items: readonly T[], each: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    for (const [index, item] of queue) results[index] = await each(item, index);
  }));
  return results;
}

function readStrings(file: string): string[] {
  const texts = readJson("'--strings'", file);
  if (Array.isArray(texts) && texts.length > 0 && texts.every((text) => typeof text === 'string')) return texts;
  throw new Refusal(`'--strings' must be a file with a JSON array of strings, got ${file}`);
}

export default hostile;
