import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import OpenAI from 'openai';
import { ApiAuth, ChatbotApi, type ChatbotApiProps, ConversationMemory, Geography, Guardrail, Model, PromptCaching, ServiceTier, WordFilter } from '../../lib';
import { type LocalCloud, startCloud } from '../../local/cloud';

const RULES = 'Answer in the words of a sailor, and never of a landlubber. '.repeat(80);
const weather = { type: 'function' as const, function: { name: 'get_weather', description: RULES, parameters: { type: 'object', properties: { city: { type: 'string' } } } } };

describe('a model that keeps the beginnings of prompts', () => {
  const assembly = mkdtempSync(join(tmpdir(), 'caching-'));
  let cloud: LocalCloud;

  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    const stack = new Stack(app, 'Caching');
    const auth = ApiAuth.cognito(new UserPool(stack, 'Users'));
    const claude = Model.crossRegion(Geography.EU, 'anthropic.claude-sonnet-5-5');
    const nova = Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0', { capabilities: { cacheMinimum: 1_000 } });
    const stateless = { conversations: { memory: ConversationMemory.stateless() } };
    const define = (name: string, props: ChatbotApiProps) => new CfnOutput(stack, name, {
      value: new ChatbotApi(stack, `${name}Chat`, { auth, model: claude, systemPrompt: RULES, ...props }).url,
    });
    define('Usual', {});
    define('Guarded', {
      guardrail: new Guardrail(stack, 'Guardrail', { wordFilters: [WordFilter.words(['nightingale'])] }),
      generation: { promptCaching: PromptCaching.automatic({ lifetime: Duration.hours(1) }) },
    });
    define('Nova', { model: nova, generation: { promptCaching: PromptCaching.automatic({ lifetime: Duration.hours(1) }) } });
    define('Off', { ...stateless, generation: { promptCaching: PromptCaching.off() } });
    define('Reserved', { ...stateless, generation: { serviceTier: ServiceTier.RESERVED } });
    define('Flex', { ...stateless, generation: { serviceTier: ServiceTier.FLEX, promptCaching: PromptCaching.off() } });
    app.synth();
    cloud = await startCloud({ assembly, processes: 1 });
  }, 90_000);

  afterAll(async () => {
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  const ask = async (chat: string, content: string, more: object = {}) => {
    const client = new OpenAI({ baseURL: `${cloud.outputs.Caching[chat]}v1`, apiKey: cloud.session.users['user-a'], maxRetries: 0 });
    const answer = await client.chat.completions.create({ model: undefined as never, messages: [{ role: 'user', content }], ...more });
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
    expect(cloud.logs.filter(({ line }) => line.includes('"extra":"serviceTier"'))).toHaveLength(1);
  });

  test('pays half in the flexible tier', async () => {
    const [usual, flex] = [await ask('Off', 'Tell me of rivers.'), await ask('Flex', 'Tell me of rivers.')];
    expect(flex.cost).toBeCloseTo(usual.cost / 2, 6);
  });
});
