import { createParser, type EventSourceMessage } from 'eventsource-parser';
import OpenAI from 'openai';
import { type ErrorBody, runExample, userMessage } from './run-example';

// Slow enough that a turn is cut, joined and stopped while it runs.
const example = runExample('chatbot-api', { wordGapMs: 4 });
const CUTS = 50;
const CONVERSATIONS = 5;
const words = (count: number) => `Say after me: ${Array.from({ length: count }, (_, index) => `word${index} 😀`).join(' ')}`;

type User = 'user-a' | 'user-b';
const authorization = (user: User = 'user-a') => ({ authorization: `Bearer ${example.token(user)}` });

/** Reads a stream until it ends, breaks, or has been read for long enough; then hangs up. */
async function read(response: Response, hangUp: AbortController, enough: (read: EventSourceMessage[]) => boolean = () => false): Promise<EventSourceMessage[]> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  const decoder = new TextDecoder();
  try {
    for await (const piece of response.body!) {
      parser.feed(decoder.decode(piece as Uint8Array, { stream: true }));
      if (enough(events)) break;
    }
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
  }
  hangUp.abort();
  return events;
}

function ask(id: string, content: string, { user = 'user-a', signal, ...more }: { user?: User; signal?: AbortSignal; max_tokens?: number; stream_options?: object } = {}) {
  return fetch(`${example.url}v1/chat/completions`, {
    method: 'POST',
    headers: { ...authorization(user), 'content-type': 'application/json' },
    body: JSON.stringify({ ...userMessage(content), stream: true, conversation_id: id, ...more }),
    signal,
  });
}

function resume(id: string, lastEventId?: string, { user = 'user-a', signal }: { user?: User; signal?: AbortSignal } = {}) {
  const headers: Record<string, string> = { ...authorization(user), ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) };
  return fetch(`${example.url}v1/conversations/${id}/stream`, { headers, signal });
}

function stop(id: string, user: User = 'user-a') {
  return fetch(`${example.url}v1/conversations/${id}/stop`, { method: 'POST', headers: authorization(user) });
}

const chunks = (events: EventSourceMessage[]) => events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as {
  id: string; choices: { delta: { content?: string; role?: string }; finish_reason: string | null }[]; usage?: unknown; stopped?: boolean;
});
const said = (events: EventSourceMessage[]) => chunks(events).map(({ choices }) => choices[0]?.delta.content ?? '').join('');
const ended = (events: EventSourceMessage[]) => events.at(-1)?.data === '[DONE]';

describe('a client whose connection drops', () => {
  test('ends with the exact text, once, wherever it was cut', async () => {
    let cuts = 0;
    const talk = async (number: number) => {
      const id = `dropped-${number}`;
      const events: EventSourceMessage[] = [];
      let hangUp = new AbortController();
      let response = await ask(id, words(600), { signal: hangUp.signal, stream_options: { include_usage: true }, max_tokens: 4_000 });
      while (true) {
        const more = cuts < CUTS ? Math.floor(Math.random() * 60) : Infinity;
        events.push(...await read(response, hangUp, (sofar) => sofar.length > more));
        if (ended(events)) break;
        cuts++;
        hangUp = new AbortController();
        response = await resume(id, events.at(-1)?.id, { signal: hangUp.signal });
        expect(response.status).toBe(200);
      }
      const { messages } = await example.stored(id);
      expect(said(events)).toBe(messages[1].content);
      expect(messages[1].content).toContain('word599 😀');
      expect(new Set(events.slice(0, -1).map((event) => event.id)).size).toBe(events.length - 1);
      expect(chunks(events).filter(({ choices }) => choices[0]?.delta.role)).toHaveLength(1);
      expect(chunks(events).filter(({ choices }) => choices[0]?.finish_reason === 'stop')).toHaveLength(1);
      expect(chunks(events).filter(({ usage }) => usage)).toHaveLength(1);
      expect(new Set(chunks(events).map((chunk) => chunk.id)).size).toBe(1);
    };
    await Promise.all(Array.from({ length: CONVERSATIONS }, (_, number) => talk(number)));
    expect(cuts).toBeGreaterThanOrEqual(CUTS);
  }, 120_000);

  test('reads the turn from its beginning where it has read nothing', async () => {
    const hangUp = new AbortController();
    const response = await ask('unread', words(300), { signal: hangUp.signal });
    const start = read(response, hangUp, (events) => events.length > 20);
    const again = await read(await resume('unread'), new AbortController());
    await start;
    expect(ended(again)).toBe(true);
    expect(said(again)).toBe((await example.stored('unread')).messages[1].content);
  });

  test('is told the end of a turn that has ended meanwhile, and of what it has read already', async () => {
    const events = await read(await ask('over', 'Short.'), new AbortController());
    const middle = events[5].id!;
    const rest = await read(await resume('over', middle), new AbortController());
    expect(rest).toEqual(events.slice(6));
    const none = await read(await resume('over', events.at(-2)!.id), new AbortController());
    expect(none.map(({ data }) => data)).toEqual(['[DONE]']);
  });

  test('is told how a turn failed', async () => {
    example.cloud.faults.set({ kind: 'error', times: 1 });
    const events = await read(await ask('failed', 'Hello'), new AbortController());
    const failure = JSON.parse(events.at(-1)!.data) as ErrorBody;
    const again = await read(await resume('failed', events[0].id), new AbortController());
    expect(again.slice(0, -1)).toEqual(events.slice(1, -1));
    expect(JSON.parse(again.at(-1)!.data)).toEqual(failure);
    const nothingMore = await resume('failed', events.at(-2)!.id);
    expect([nothingMore.status, await nothingMore.json()]).toEqual([503, failure]);
  });
});

describe('resuming', () => {
  test('answers 204 when nothing runs, and when the event is of a turn that nobody remembers', async () => {
    await (await ask('idle', 'Hello')).text();
    for (const id of [undefined, '5a4f4c1e-0000-4000-8000-000000000000.3']) expect((await resume('idle', id)).status).toBe(204);
  });

  test.each(['1', 'x.y', 'a.b.c', 'log#1.2', '../x.1', '.1'])('refuses %s as the id of an event', async (id) => {
    const response = await resume('idle', id);
    expect([response.status, (await response.json() as ErrorBody).error.param]).toEqual([400, 'last-event-id']);
  });

  test('refuses another user as if there were no such conversation', async () => {
    const hangUp = new AbortController();
    const response = await ask('mine', words(300), { signal: hangUp.signal });
    const events = await read(response, hangUp, (sofar) => sofar.length > 5);
    for (const id of [undefined, events.at(-1)!.id]) expect((await resume('mine', id, { user: 'user-b' })).status).toBe(404);
    expect((await stop('mine', 'user-b')).status).toBe(404);
    expect(said([...events, ...await read(await resume('mine', events.at(-1)!.id), new AbortController())])).toContain('word299');
  });
});

describe('stopping', () => {
  test('ends the stream cleanly, keeps what was said, and counts what the model took', async () => {
    const client = new OpenAI({ baseURL: example.baseUrl, apiKey: example.token('user-a'), maxRetries: 0 });
    const stream = client.chat.completions.stream({ ...userMessage(words(600)), max_tokens: 4_000 } as never, { headers: { 'x-conversation-id': 'stopped' } });
    let text = '';
    let told: Promise<Response> | undefined;
    const marks: unknown[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (text.includes('word3 ')) told ??= stop('stopped');
      marks.push((chunk as { stopped?: boolean }).stopped);
    }
    const endedAt = Date.now();
    expect((await stream.finalChatCompletion()).choices[0].finish_reason).toBe('stop');
    expect(marks.at(-1)).toBe(true);
    expect(text).not.toContain('word599');
    expect([(await told!).status, await (await told!).json()]).toEqual([200, { id: 'stopped', object: 'conversation.stop', turn: expect.stringMatching(/./), stopped: true }]);

    expect((await stop('stopped')).status).toBe(404);
    const { messages } = await example.stored('stopped');
    expect(messages[1]).toMatchObject({ role: 'assistant', content: text, finish_reason: 'stop', stopped: true });

    const { line } = await example.cloud.waitForLog((logged) => logged.line.includes('"stopped":true') && logged.line.includes('OutputTokens'), 20_000);
    const { OutputTokens: tokens } = JSON.parse(line) as { OutputTokens: number };
    // The model went on to its end, for that is what is billed; the client did not wait for it.
    expect(tokens).toBeGreaterThan(1_000);
    expect(Date.now() - endedAt).toBeGreaterThan(1_000);
    expect((await example.stored('stopped')).messages[1]).toMatchObject({ usage: { completion_tokens: tokens } });

    const next = said(await read(await ask('stopped', 'And now?'), new AbortController()));
    expect(next).toContain('I have read 2 messages');
  }, 60_000);

  test('is told to those who come back', async () => {
    const hangUp = new AbortController();
    const events = await read(await ask('stopped-unseen', words(600), { signal: hangUp.signal, max_tokens: 4_000 }), hangUp, (sofar) => sofar.length > 30);
    const rest = resume('stopped-unseen', events.at(-1)!.id);
    expect((await stop('stopped-unseen')).status).toBe(200);
    events.push(...await read(await rest, new AbortController()));
    expect(chunks(events).at(-1)).toMatchObject({ stopped: true, choices: [{ finish_reason: 'stop' }] });
    expect((await example.stored('stopped-unseen')).messages[1].content).toBe(said(events));
  });

  test('ends a turn before its first word', async () => {
    example.cloud.faults.set({ kind: 'slow', times: 1 });
    const running = ask('stopped-early', 'Hello');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const begun = Date.now();
    expect((await stop('stopped-early')).status).toBe(200);
    expect(chunks(await read(await running, new AbortController())).at(-1)).toMatchObject({ stopped: true });
    expect(Date.now() - begun).toBeLessThan(3_000);
  });

  test.each(['never-was', 'idle', '%20'])('answers 404 where nothing runs: %s', async (id) => {
    const response = await stop(id);
    expect([response.status, (await response.json() as ErrorBody).error.code]).toEqual([404, 'turn_not_found']);
  });
});

describe('permissions', () => {
  test('every call was allowed by the template', async () => {
    for (const { denied, unknown } of (await example.cloud.report()).roles) expect({ denied, unknown }).toEqual({ denied: [], unknown: [] });
  });
});
