import { bedrockModel } from '../../../lambda/adapters/bedrock-model';
import { promptTokens } from '../../../lambda/generation/tokens';
import { type Model, type ModelEvent, ModelFailure } from '../../../lambda/ports/model';
import { type LocalBedrock, startLocalBedrock } from '../../local/bedrock/local-bedrock';
import { says, ScriptedModel } from '../fakes/model';
import { facts } from '../fakes/policy';
import { Talk } from '../fakes/talk';

const WORDS = 'some words of an exchange that is neither long nor short. '.repeat(3);
const tool = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } };

async function* words(said: string): AsyncGenerator<ModelEvent, void> {
  for (const event of says(said)) if (!(event instanceof Error) && event !== 'silence') yield event;
}

describe('the window on a conversation', () => {
  test('begins at the same place for many turns, so that a prompt begins like the one before', async () => {
    const talk = new Talk(new ScriptedModel([says(WORDS)]), { historyTokens: 2_000 });
    for (let turn = 0; turn < 100; turn++) await talk.say(`Question ${turn}`);
    const told = talk.told;
    const cuts = told.slice(1).filter((parts, before) => parts[0] !== told[before][0]);
    // Each cut lets go of about a thousand tokens, and an exchange has about 85.
    expect(cuts.length).toBeGreaterThan(5);
    expect(cuts.length).toBeLessThanOrEqual(100 * 90 / 1_000);
    for (const [before, parts] of told.slice(1).entries()) {
      if (parts[0] === told[before][0]) expect(parts.slice(0, told[before].length)).toEqual(told[before]);
    }
  });

  test('never holds more than it may, and never less than half of that once there is enough', async () => {
    const talk = new Talk(new ScriptedModel([says(WORDS)]), { historyTokens: 2_000 });
    for (let turn = 0; turn < 60; turn++) await talk.say(`Question ${turn}`);
    const sizes = talk.prompts.map(({ messages }) => promptTokens([], messages.slice(0, -1), []));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000);
    expect(Math.min(...sizes.slice(30))).toBeGreaterThan(900);
  });

  test('is as long as its branch, whatever was said on others', async () => {
    const talk = new Talk(new ScriptedModel([says(WORDS)]), { historyTokens: 2_000 });
    for (let turn = 1; turn <= 40; turn++) await talk.say(`Question ${turn}`);
    await talk.say('Another third', { edit_message_id: 'msg_3_0' });
    expect(talk.told.at(-1)).toEqual(['Question 1', WORDS, 'Question 2', WORDS, 'Another third']);
    await talk.say('And on');
    expect(talk.told.at(-1)?.[0]).toBe('Question 1');
  });

  test('gives way to a model whose window is smaller than the history may be', async () => {
    const small = { ...facts, contextTokens: 2_500 };
    const talk = new Talk(new ScriptedModel([says(WORDS)]), { historyTokens: 8_000, facts: small });
    for (let turn = 0; turn < 60; turn++) expect((await talk.say(`Question ${turn}`)).error).toBeUndefined();
    for (const { messages, system, maxTokens } of talk.prompts) expect(promptTokens(system, messages, []) + maxTokens).toBeLessThanOrEqual(2_500);
  });
});

describe('a prompt that is nearly as long as the model\'s window', () => {
  const small = { ...facts, contextTokens: 2_000 };

  test('leaves the answer less than was asked for', async () => {
    const talk = new Talk(new ScriptedModel([says('Yes.')]), { facts: small });
    await talk.say('x'.repeat(3_600));
    expect(talk.prompts[0].maxTokens).toBe(2_000 - promptTokens(talk.prompts[0].system, talk.prompts[0].messages, []));
  });

  test('is sent again with less of the history when the model finds it too long all the same', async () => {
    const strict: Model = {
      async* answer({ messages }) {
        if (messages.length > 3) throw new ModelFailure('tooLong', 'Input is too long for requested model.');
        yield* words(WORDS);
      },
    };
    const talk = new Talk(strict);
    for (let turn = 0; turn < 5; turn++) expect((await talk.say(`Question ${turn}`)).error).toBeUndefined();
    expect(talk.told.at(-1)).toEqual(['Question 3', WORDS, 'Question 4']);
  });

  test('is refused when no shorter history helps, and when a part of the answer was heard already', async () => {
    const never: Model = { async* answer() { throw new ModelFailure('tooLong', 'Input is too long for requested model.'); } };
    expect((await new Talk(never).say('Hi')).error).toMatchObject({ code: 'context_length_exceeded' });
    let calls = 0;
    const late: Model = {
      async* answer() {
        if (++calls === 1) return yield* words('Hello');
        yield { type: 'text', text: 'Hel' };
        throw new ModelFailure('tooLong', 'Input is too long for requested model.');
      },
    };
    const talk = new Talk(late);
    await talk.say('Hi');
    expect((await talk.say('Hi again')).error).toMatchObject({ code: 'context_length_exceeded' });
    expect(calls).toBe(2);
  });
});

describe('a hundred turns with a model that reads 8000 tokens', () => {
  let bedrock: LocalBedrock;
  const limits = { contextTokens: 8_000, outputTokens: 2_048, tools: 'streaming' as const, sampling: 'both' as const, inputs: ['text' as const] };
  beforeAll(async () => { bedrock = await startLocalBedrock({ models: () => limits }); });
  afterAll(() => bedrock.stop());

  test('never fail, with calls of tools and words of every length in between', async () => {
    const talk = new Talk(bedrockModel(bedrock.overHttp1), {
      facts: { ...facts, ...limits, id: 'us.amazon.nova-2-lite-v1:0' }, historyTokens: 4_000, generation: { maxTokens: 2_048 },
    });
    let calls = 0;
    for (let turn = 0; turn < 100; turn++) {
      const length = [10, 400, 3, 900, 3_900][turn % 5];
      const { events, error } = await talk.send({ messages: [{ role: 'user', content: `${turn % 3 === 0 ? 'get_weather please. ' : ''}${'lake '.repeat(length)}` }], tools: [tool] });
      expect([turn, error]).toEqual([turn, undefined]);
      const end = events.at(-1);
      const asked = end?.type === 'finish' ? end.message.tool_calls ?? [] : [];
      if (asked.length === 0) continue;
      calls++;
      const results = asked.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'sun '.repeat(500) }));
      expect([turn, (await talk.send({ messages: results, tools: [tool] })).error]).toEqual([turn, undefined]);
    }
    expect(calls).toBeGreaterThan(20);
    expect(talk.prompts.some(({ maxTokens }) => maxTokens < 2_048)).toBe(true);
    expect(talk.prompts.filter(({ messages }) => messages.length > 1).length).toBeGreaterThan(talk.prompts.length / 2);
  }, 120_000);
});
