import { Duration } from 'aws-cdk-lib';
import OpenAI from 'openai';
import { runChats } from './run-stacks';
import { ConversationMemory } from '../../lib';

const MODEL = 'global.amazon.nova-2-lite-v1:0';
/** Long enough that no test sees its end. */
const window = Duration.days(31);

describe('quotas', () => {
  const chats = runChats(() => ({
    Requests: { quotas: { user: [{ window, requests: 3 }], groups: [{ name: 'beta', member: [{ window, requests: 5 }] }] } },
    Tokens: { conversations: { memory: ConversationMemory.stateless() }, quotas: { user: [{ window, tokens: 1_000 }] } },
  }));

  const ask = (name: string, more: object = {}, apiKey?: string) => chats.openai(name, apiKey).chat.completions
    .create({ model: MODEL, messages: [{ role: 'user', content: 'Tell me of rivers.' }], ...more }).withResponse();

  test('OpenAI\'s client is told what is left, and gets a 429 with a time to wait when nothing is', async () => {
    const left: (string | null)[] = [];
    for (let turn = 0; turn < 3; turn++) left.push((await ask('Requests')).response.headers.get('x-ratelimit-remaining-requests'));
    expect(left).toEqual(['2', '1', '0']);
    const refused = await ask('Requests').catch((error: unknown) => error) as InstanceType<typeof OpenAI.RateLimitError>;
    expect(refused).toBeInstanceOf(OpenAI.RateLimitError);
    expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded', message: expect.stringContaining('You have used all 3 requests') });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-ratelimit-reset-requests')).toMatch(/s$/);
    expect((await ask('Requests', {}, chats.token('user-b'))).response.status).toBe(200);
  });

  test('the members of a group have limits of their own, by verified claims', async () => {
    const member = chats.cloud.mintToken('user-c', { claims: { 'cognito:groups': ['beta'] } });
    expect((await ask('Requests', {}, member)).response.headers.get('x-ratelimit-limit-requests')).toBe('5');
  });

  test('twenty turns at once never take more tokens than there are, and what they did not take is there again', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => ask('Tokens', { max_tokens: 200 })));
    const taken = answers.flatMap((answer) => answer.status === 'fulfilled' ? answer.value.data.usage!.total_tokens : []);
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.length).toBeLessThan(20);
    expect(answers.flatMap((answer) => answer.status === 'rejected' ? (answer.reason as { status: number }).status : [])).toEqual(Array.from({ length: 20 - taken.length }, () => 429));
    const sum = taken.reduce((total, tokens) => total + tokens, 0);
    expect(sum).toBeLessThanOrEqual(1_000);
    // The account is put right behind the answers.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { response } = await ask('Tokens', { max_tokens: 1 });
    const reserved = 1_000 - sum - Number(response.headers.get('x-ratelimit-remaining-tokens'));
    expect(reserved).toBeGreaterThan(0);
    expect(reserved).toBeLessThan(60);
  });

  test('no role was denied, and every grant for a table was used or is another\'s', async () => {
    const { roles } = await chats.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    const idle = roles.flatMap(({ unused }) => unused).filter(({ resources }) => resources.some((resource) => resource.includes('QuotasTable')));
    expect(idle).toEqual([]);
  });
});
