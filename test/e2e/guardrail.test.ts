import OpenAI from 'openai';
import { runChats } from './run-stacks';
import { FilterAction, Guardrail, PiiEntity, SensitiveInformation, WordFilter } from '../../lib';

const MAIL = 'ada.lovelace@example.com';
const TICKET = 'ticket 4711 of 2026';

describe('a chat behind a guardrail', () => {
  // Questions pass where answers do not: the local model repeats what it is asked.
  const chats = runChats((stack) => ({
    Masking: {
      guardrail: new Guardrail(stack, 'Masks', {
        sensitiveInformation: [
          SensitiveInformation.pii(PiiEntity.EMAIL, { inputAction: FilterAction.NONE }),
          SensitiveInformation.pii(PiiEntity.PHONE),
          SensitiveInformation.regex({ name: 'Ticket', pattern: 'ticket [0-9]+ of [0-9]+', inputAction: FilterAction.SKIP }),
        ],
      }),
    },
    Blocking: {
      guardrail: new Guardrail(stack, 'Blocks', {
        sensitiveInformation: [SensitiveInformation.pii(PiiEntity.EMAIL, { inputAction: FilterAction.SKIP, outputAction: FilterAction.BLOCK })],
        wordFilters: [WordFilter.words(['nightingale'])],
        blockedInputMessage: 'Not here.',
        blockedOutputMessage: 'Not told.',
      }),
    },
  }));

  async function stream(name: string, content: string, conversation: string) {
    const { data, request_id } = await chats.openai(name).chat.completions
      .create({ model: undefined as never, stream: true, messages: [{ role: 'user', content }] }, { headers: { 'x-conversation-id': conversation } }).withResponse();
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of data) chunks.push(chunk);
    const pieces = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').filter(Boolean);
    return { text: pieces.join(''), pieces, finish: chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? []), request: request_id! };
  }
  async function auditOf(request: string): Promise<string> {
    const { line } = await chats.cloud.waitForLog((logged) => logged.line.includes(request) && logged.line.includes('"guardrail"'));
    return (JSON.parse(line) as { guardrail: string }).guardrail;
  }

  test('streams an answer with a name in the place of what is masked, and stores it so', async () => {
    const answer = await stream('Masking', `${'far '.repeat(200)}Ask ${MAIL} for ${TICKET}. ${'near '.repeat(200)}`, 'masked');
    expect(answer.text).toContain('far Ask {EMAIL} for {Ticket}. near');
    expect(answer.pieces.length).toBeGreaterThan(20);
    expect(answer.finish).toEqual(['stop']);
    expect((await chats.stored('Masking', 'masked')).at(-1)).toMatchObject({ role: 'assistant', content: answer.text });
    expect((await auditOf(answer.request)).split('; ').sort()).toEqual(['input pii EMAIL NONE', 'output pattern Ticket ANONYMIZED', 'output pii EMAIL ANONYMIZED']);
  });

  test('lets the model read no number that is masked in questions, and goes on from there', async () => {
    const first = await stream('Masking', 'Call me on +1 555-123-4567.', 'asked');
    expect(first.text).toContain('You said: Call me on {PHONE}.');
    expect(first.finish).toEqual(['stop']);
    expect(await auditOf(first.request)).toBe('input pii PHONE ANONYMIZED');
    expect((await stream('Masking', 'And then?', 'asked')).text).toContain('2 messages of yours');
  });

  test.each([['question', 'Tell me of nightingale.', 'Not here.', 'input word CUSTOM BLOCKED'], ['answer', `Mail ${MAIL}.`, 'Not told.', 'output pii EMAIL BLOCKED']])(
    'ends a turn whose %s is blocked with content_filter, and keeps it out of later prompts', async (which, content, message, audit) => {
      const blocked = await stream('Blocking', content, which);
      expect(blocked.finish).toEqual(['content_filter']);
      expect(blocked.text).toContain(message);
      expect(blocked.text).not.toContain(MAIL);
      expect(await auditOf(blocked.request)).toBe(audit);
      const next = await stream('Blocking', 'Tell me of rivers.', which);
      expect(next.finish).toEqual(['stop']);
      expect(next.text).toContain('I have read 1 message of yours');
    });

  test('audits kinds, and in no line of any log what they were found in', async () => {
    await stream('Masking', `Mail ${MAIL} of ${TICKET} or call +1 555-123-4567.`, 'quiet');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const lines = chats.cloud.logs.map(({ line }) => line);
    expect(lines.some((line) => line.includes('EMAIL ANONYMIZED'))).toBe(true);
    expect(lines.filter((line) => [MAIL, TICKET, '123-4567', 'nightingale'].some((words) => line.includes(words)))).toEqual([]);
  });

  test('counts blocked turns and no masked ones', () => {
    const counted = chats.cloud.logs.filter(({ line }) => line.startsWith('{"_aws"')).map(({ line }) => JSON.parse(line) as { Service: string; GuardrailBlocks?: number });
    const sum = (name: string) => counted.reduce((total, { Service, GuardrailBlocks = 0 }) => Service.includes(name) ? total + GuardrailBlocks : total, 0);
    expect([sum('Masking'), sum('Blocking')]).toEqual([0, 2]);
  });

  test('is granted its guardrails, and was denied nothing', async () => {
    const { roles } = await chats.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    expect(roles.flatMap(({ unused }) => unused).filter(({ action }) => action.startsWith('bedrock:'))).toEqual([]);
  });
});
