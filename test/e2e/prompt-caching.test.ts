import { Duration } from 'aws-cdk-lib';
import OpenAI from 'openai';
import { runChats } from './run-stacks';
import { ConversationMemory, Geography, Guardrail, Model, PromptCaching, ServiceTier, WordFilter } from '../../lib';

const RULES = 'Answer in the words of a sailor, and never of a landlubber. '.repeat(80);
const weather = { type: 'function' as const, function: { name: 'get_weather', description: RULES, parameters: { type: 'object', properties: { city: { type: 'string' } } } } };

describe('a model that keeps the beginnings of prompts', () => {
  const claude = { model: Model.crossRegion(Geography.EU, 'anthropic.claude-sonnet-5-5'), systemPrompt: RULES };
  const stateless = { ...claude, conversations: { memory: ConversationMemory.stateless() } };
  const hour = { promptCaching: PromptCaching.automatic({ lifetime: Duration.hours(1) }) };
  const chats = runChats((stack) => ({
    Usual: claude,
    Guarded: { ...claude, guardrail: new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['nightingale'])] }), generation: hour },
    Nova: { ...claude, model: Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0', { capabilities: { cacheMinimum: 1_000 } }), generation: hour },
    Off: { ...stateless, generation: { promptCaching: PromptCaching.off() } },
    Reserved: { ...stateless, generation: { serviceTier: ServiceTier.RESERVED } },
    Flex: { ...stateless, generation: { serviceTier: ServiceTier.FLEX, promptCaching: PromptCaching.off() } },
  }), { processes: 1 });

  const ask = async (chat: string, content: string, more: object = {}) => {
    const answer = await chats.openai(chat).chat.completions.create({ model: undefined as never, messages: [{ role: 'user', content }], ...more });
    const { usage } = answer as { usage?: OpenAI.CompletionUsage & { cost?: number } };
    const [{ message, finish_reason: reason }] = answer.choices;
    const [prompt, cached] = [usage?.prompt_tokens ?? 0, usage?.prompt_tokens_details?.cached_tokens ?? 0];
    return { words: message.content, reason, prompt, cached, cost: usage?.cost ?? 0 };
  };

  test.each(['Usual', 'Guarded', 'Nova'])('%s: reads the second turn of a conversation from the cache, and pays less for it', async (chat) => {
    const turns = [];
    for (const content of ['Tell me of rivers.', 'And of lakes?', 'And of the sea?']) turns.push(await ask(chat, content, { conversation_id: `caching-${chat}` }));
    expect(turns[1].cached).toBeGreaterThan(1_000);
    expect(turns[2].cached).toBeGreaterThan(turns[1].cached);
    // All but the last exchange and the new words.
    expect(turns[2].prompt - turns[2].cached).toBeLessThan(150);
    expect(turns[2].cost).toBeLessThan(turns[2].prompt * 2e-6 / 2);
  });

  test('keeps what every conversation begins with, and what tools are offered, for the next one too', async () => {
    await ask('Usual', 'Tell me of ships.', { tools: [weather] });
    const { cached } = await ask('Usual', 'Tell me of harbours.', { tools: [weather] });
    expect(cached).toBeGreaterThan(2_000);
  });

  test('leaves everything uncached where the builder wants that', async () => {
    for (const topic of ['rivers', 'lakes']) expect((await ask('Off', `Tell me of ${topic}.`)).cached).toBe(0);
  });

  test('still blocks new words, and nothing that was said before', async () => {
    const blocked = await ask('Guarded', 'Tell me of the nightingale.', { conversation_id: 'caching-Guarded' });
    expect(blocked.reason).toBe('content_filter');
    const next = await ask('Guarded', 'Tell me of rivers again.', { conversation_id: 'caching-Guarded' });
    expect(next.reason).toBe('stop');
    expect(next.cached).toBeGreaterThan(1_000);
  });

  test('answers in the default tier where the account has none of the other, and says so once in the log', async () => {
    expect((await ask('Reserved', 'Tell me of rivers.')).words).toContain('Tell me of rivers.');
    expect((await ask('Reserved', 'Tell me of lakes.')).words).toContain('Tell me of lakes.');
    expect(chats.cloud.logs.filter(({ line }) => line.includes('"extra":"serviceTier"'))).toHaveLength(1);
  });

  test('pays half in the flexible tier', async () => {
    const [usual, flex] = [await ask('Off', 'Tell me of rivers.'), await ask('Flex', 'Tell me of rivers.')];
    expect(flex.cost).toBeCloseTo(usual.cost / 2, 6);
  });
});
