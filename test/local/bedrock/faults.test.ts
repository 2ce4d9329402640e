import { setTimeout as pause } from 'timers/promises';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { asks, clientOf, eventsOf, LocalBedrock, startLocalBedrock, textIn } from './local-bedrock';
import { Faults } from '../../../local/bedrock/faults';

const faults = new Faults();
let bedrock: LocalBedrock;
beforeAll(async () => { bedrock = await startLocalBedrock({ faults, slowGapMs: 20 }); });
afterAll(() => bedrock.stop());
afterEach(() => faults.set({ kind: 'none' }));

const ask = new ConverseCommand(asks('Hello'));
const stream = async (client: BedrockRuntimeClient) => eventsOf(await client.send(new ConverseStreamCommand(asks('Hello'))));

describe.each(['HTTP/2', 'HTTP/1'] as const)('over %s', (protocol) => {
  const client = () => protocol === 'HTTP/2' ? bedrock.client : bedrock.overHttp1;

  test('throttles before the first token', async () => {
    faults.set({ kind: 'throttle' });
    await expect(stream(client())).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } });
    await expect(client().send(ask)).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  test('strikes only the model that it names', async () => {
    faults.set({ kind: 'throttle', model: 'nova-pro' });
    expect(textIn(await stream(client()))).toContain('You said: Hello');
    faults.set({ kind: 'throttle', model: 'nova-2-lite' });
    await expect(stream(client())).rejects.toMatchObject({ name: 'ThrottlingException' });
  });

  test('is late with its first word, and says all of it', async () => {
    faults.set({ kind: 'late', times: 1 });
    const begun = Date.now();
    expect(textIn(await stream(client()))).toContain('You said: Hello');
    expect(Date.now() - begun).toBeGreaterThanOrEqual(55);
  });

  test('is unavailable', async () => {
    faults.set({ kind: 'unavailable' });
    await expect(stream(client())).rejects.toMatchObject({ name: 'ServiceUnavailableException', $metadata: { httpStatusCode: 503 } });
  });

  test('throttles inside the stream before any content', async () => {
    faults.set({ kind: 'throttle-in-stream' });
    const events: object[] = [];
    const reading = async () => {
      const { stream: answer } = await client().send(new ConverseStreamCommand(asks('Hello')));
      for await (const event of answer ?? []) events.push(event);
    };
    await expect(reading()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(events).toEqual([{ messageStart: { role: 'assistant' } }]);
  });

  test('breaks off with a typed error after some tokens', async () => {
    faults.set({ kind: 'error' });
    const texts: string[] = [];
    const reading = async () => {
      const { stream: answer } = await client().send(new ConverseStreamCommand(asks('Hello')));
      for await (const event of answer ?? []) texts.push(event.contentBlockDelta?.delta?.text ?? '');
    };
    await expect(reading()).rejects.toMatchObject({ name: 'ModelStreamErrorException', originalStatusCode: 500 });
    expect(texts.filter(Boolean)).toHaveLength(5);
    await expect(client().send(ask)).rejects.toMatchObject({ name: 'ModelErrorException' });
  });

  test('cuts the connection after some tokens, and serves the next call', async () => {
    faults.set({ kind: 'cut', times: 1 });
    await expect(stream(client())).rejects.toThrow();
    expect(textIn(await stream(client()))).toContain('You said: Hello');
  });

  test('cuts the connection of a whole answer', async () => {
    faults.set({ kind: 'cut', times: 1 });
    await expect(client().send(ask)).rejects.toThrow();
  });

  test('ends a stream without messageStop', async () => {
    faults.set({ kind: 'unfinished' });
    const events = await stream(client());
    expect(events.some((event) => event.contentBlockDelta)).toBe(true);
    expect(events.some((event) => event.messageStop ?? event.metadata)).toBe(false);
  });
});

test('is slow between tokens', async () => {
  faults.set({ kind: 'slow' });
  const started = Date.now();
  const { stream: answer } = await bedrock.client.send(new ConverseStreamCommand(asks('Hello')));
  let deltas = 0;
  for await (const event of answer ?? []) {
    if (event.contentBlockDelta && ++deltas === 6) break;
  }
  expect(Date.now() - started).toBeGreaterThanOrEqual(5 * 19);
});

test('strikes as many calls as asked, so that the SDK\'s retries get through', async () => {
  faults.set({ kind: 'throttle', times: 2 });
  const retrying = clientOf(bedrock.url, undefined, 3);
  const answer = await retrying.send(ask);
  expect(answer.$metadata.attempts).toBe(3);
  expect(faults.current).toEqual({ kind: 'none' });
  retrying.destroy();
});

test.each([[{ kind: 'fire' }, /'kind' must be one of none, throttle/], [{ kind: 'cut', times: 0 }, /'times' must be a whole number from 1, got 0/]])('refuses %j', (fault, message) => {
  expect(() => faults.set(fault as never)).toThrow(message);
});

test('ends the model\'s work when the caller hangs up', async () => {
  let ended: (() => void) | undefined;
  const done = new Promise<void>((resolve) => { ended = resolve; });
  let words = 0;
  const talkative = await startLocalBedrock({
    answerer: {
      async* answer({ signal }) {
        try {
          for (;;) {
            words += 1;
            yield { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'word ' } } };
            await pause(5, undefined, { signal });
          }
        } finally {
          ended?.();
        }
      },
    },
  });
  const hangUp = new AbortController();
  const { stream: answer } = await talkative.client.send(new ConverseStreamCommand(asks('Go')), { abortSignal: hangUp.signal });
  for await (const event of answer ?? []) {
    if (event) break;
  }
  hangUp.abort();
  await done;
  const after = words;
  await pause(30);
  expect(words).toBe(after);
  expect(talkative.notices).toEqual([]);
  await talkative.stop();
});
