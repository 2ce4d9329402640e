import { type ErrorBody, runExample, userMessage } from './run-example';

const example = runExample('chatbot-api');

describe('a conversation belongs to the verified caller', () => {
  const id = 'private-notes';
  beforeAll(async () => {
    expect((await example.chat({ ...userMessage('The code is 7421.'), conversation_id: id })).status).toBe(200);
  });

  test('its owner reads it back', async () => {
    const { messages } = await example.stored(id);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(messages[0].content).toBe('The code is 7421.');
  });

  test('refuses another user the same way as an unknown id', async () => {
    const foreign = await example.get(`v1/conversations/${id}`, 'user-b');
    const unknown = await example.get('v1/conversations/never-was', 'user-b');
    expect(foreign.status).toBe(404);
    expect(unknown.status).toBe(404);
    const strip = (body: ErrorBody) => ({ ...body.error, message: body.error.message.replace(/private-notes|never-was/, 'ID') });
    expect(strip(await foreign.json() as ErrorBody)).toEqual(strip(await unknown.json() as ErrorBody));
  });

  test('gives another user who uses the same id a conversation of their own', async () => {
    const answer = await (await example.chat({ ...userMessage('What is the code?'), conversation_id: id }, { user: 'user-b' })).text();
    expect(answer).not.toContain('7421');
    expect((await example.stored(id, 'user-b')).messages[0].content).toBe('What is the code?');
    expect((await example.stored(id)).messages).toHaveLength(2);
  });

  test('lists only the caller\'s conversations', async () => {
    await example.chat({ ...userMessage('hello'), conversation_id: 'only-of-b' }, { user: 'user-b' });
    const ids = async (user: 'user-a' | 'user-b') => ((await (await example.get('v1/conversations', user)).json()) as { data: { id: string }[] }).data.map((head) => head.id);
    expect(await ids('user-a')).not.toContain('only-of-b');
    expect(await ids('user-b')).toContain('only-of-b');
  });

  test.each(['user', 'owner', 'user_id', 'sub', 'tenant'])('a body that claims an owner in %s changes nothing', async (field) => {
    const claimed = { ...userMessage('What is the code?'), conversation_id: id, [field]: 'user-a' };
    const response = await example.chat(claimed, { user: 'user-b' });
    expect(await response.text()).not.toContain('7421');
    expect((await example.stored(id)).messages).toHaveLength(2);
  });

  test.each(['x-user', 'x-owner', 'x-amzn-oidc-identity'])('a header that claims an owner in %s changes nothing', async (header) => {
    await example.chat({ ...userMessage('What is the code?'), conversation_id: id }, { user: 'user-b', headers: { [header]: 'user-a' } });
    expect((await example.stored(id)).messages).toHaveLength(2);
  });
});

describe('a token that does not verify', () => {
  const parts = () => example.token('user-a').split('.');
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

  const tokens: Record<string, () => string | undefined> = {
    'is missing': () => undefined,
    'is no token': () => 'hello',
    'is unsigned': () => `${encode({ alg: 'none', typ: 'JWT' })}.${parts()[1]}.`,
    'has another\'s signature': () => `${parts()[0]}.${parts()[1]}.${example.token('user-b').split('.')[2]}`,
    'was changed': () => `${parts()[0]}.${encode({ ...decode(parts()[1]), sub: 'user-b' })}.${parts()[2]}`,
    'is expired': () => example.cloud.mintToken('user-a', { expiresIn: -60 }),
    'is of a foreign issuer': () => example.cloud.mintToken('user-a', { foreign: true }),
  };

  test.each(Object.keys(tokens))('refuses a token that %s with 401 in the error envelope', async (kind) => {
    const token = tokens[kind]();
    const response = await fetch(`${example.baseUrl}/models`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
    const body = await response.json() as ErrorBody;
    expect(response.status).toBe(401);
    expect(body.error).toMatchObject({ message: expect.stringMatching(/./), type: expect.stringMatching(/./) });
    expect(response.headers.get('x-request-id')).toMatch(/./);
  });
});
