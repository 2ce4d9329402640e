import { DefaultChatTransport, readUIMessageStream } from 'ai';
import OpenAI from 'openai';
import { runExample } from './run-example';

const MODEL = 'global.amazon.nova-2-lite-v1:0';
const LEAVE = 'Everybody at ACME has thirty days of paid leave a year. What is left is lost at the end of March.';
const TRAVEL = 'Whoever travels for ACME books the train. Flights need the consent of the head of the department.';

describe('a chat over documents', () => {
  const example = runExample('grounded-chat');
  const client = (user: 'user-a' | 'user-b' = 'user-a') => new OpenAI({ baseURL: example.baseUrl, apiKey: example.token(user), maxRetries: 0 });
  const { signal } = new AbortController();
  // What is put off for half a minute comes back in half a second.
  beforeAll(() => { example.cloud.events.queues.speed = 60; });

  async function upload(documents: Readonly<Record<string, string>>) {
    const [{ bucket }] = await example.cloud.desk.folders();
    for (const [key, text] of Object.entries(documents)) await example.cloud.desk.upload({ bucket, key, content: Buffer.from(text).toString('base64'), contentType: 'text/plain' });
    await settled((found) => Object.keys(documents).every((key) => found.includes(`s3://${bucket}/${key}`)));
    return bucket;
  }

  async function settled(holds: (found: readonly string[]) => boolean) {
    for (const until = Date.now() + 20_000; ;) {
      if (holds(Object.values(example.cloud.knowledge.indexed()).flat())) return;
      if (Date.now() > until) throw new Error(`the index is ${JSON.stringify(await example.cloud.desk.folders())}`);
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }

  test('answers from a file uploaded a moment ago, with a citation that opens it', async () => {
    const bucket = await upload({ 'leave.txt': LEAVE, 'travel.txt': TRAVEL });
    const { choices: [{ message }] } = await client().chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'How many days of paid leave does everybody have?' }] });
    expect(message.content).toContain('thirty days');
    const [annotation] = message.annotations!;
    expect(annotation).toMatchObject({ type: 'url_citation', citation: { uri: `s3://${bucket}/leave.txt`, snippet: expect.stringContaining('thirty days') } });
    expect(await (await fetch(annotation.url_citation.url, { signal })).text()).toBe(LEAVE);
  });

  test('streams citations, and keeps them with the conversation', async () => {
    const stream = await client().chat.completions.create({ model: MODEL, stream: true, messages: [{ role: 'user', content: 'Who has to consent to flights?' }] }, { headers: { 'x-conversation-id': 'flights' } });
    let text = '';
    const annotations: { citation: { uri: string } }[] = [];
    for await (const { choices: [choice] } of stream) {
      text += choice?.delta.content ?? '';
      annotations.push(...(choice?.delta as { annotations?: typeof annotations } | undefined)?.annotations ?? []);
    }
    expect(text).toContain('consent');
    expect(annotations.map(({ citation: { uri } }) => uri.split('/').pop())).toContain('travel.txt');
    const { messages } = await (await example.get('v1/conversations/flights')).json() as { messages: { annotations?: { url_citation: { url: string } }[] }[] };
    expect(messages.at(-1)!.annotations![0].url_citation.url).toMatch(/^s3:/);
  });

  test('tells the AI SDK sources as parts of the message', async () => {
    const transport = new DefaultChatTransport({ api: `${example.url}v1/chat`, headers: { authorization: `Bearer ${example.token('user-a')}` } });
    const stream = await transport.sendMessages({
      trigger: 'submit-message',
      chatId: 'sdk',
      messageId: undefined,
      abortSignal: undefined,
      messages: [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'How many days of paid leave does everybody have?' }] }],
    });
    let parts: readonly { readonly type: string }[] = [];
    for await (const message of readUIMessageStream({ stream })) parts = message.parts;
    expect(parts.map(({ type }) => type)).toEqual(expect.arrayContaining(['text', 'source-url', 'data-citation']));
  });

  test('fails where documents cannot be looked up, and does not answer without them', async () => {
    example.cloud.knowledge.faults.set({ kind: 'unavailable', operation: 'Retrieve' });
    try {
      await expect(client().chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'How many days?' }] })).rejects.toMatchObject({ status: 503, code: 'retrieval_failed' });
    } finally {
      example.cloud.knowledge.faults.set();
    }
  });

  test('finds nothing more of a file that is deleted', async () => {
    const [{ bucket }] = await example.cloud.desk.folders();
    await example.cloud.desk.remove({ bucket, key: 'leave.txt' });
    await settled((found) => !found.includes(`s3://${bucket}/leave.txt`));
    const { choices: [{ message }] } = await client().chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'How many days of paid leave does everybody have?' }] });
    expect(message.content).not.toContain('thirty days');
  });

  test('uses every grant of the chat, and needs no other', async () => {
    const { roles } = await example.cloud.report();
    const chat = roles.find(({ role }) => /Chat.*Handler/.test(role))!;
    expect(chat.denied).toEqual([]);
    expect(chat.unused.filter(({ action }) => /Retrieve|GetObject/.test(action))).toEqual([]);
  });
});
