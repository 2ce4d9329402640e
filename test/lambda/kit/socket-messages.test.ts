import fc from 'fast-check';
import { EventReader, SocketMessages } from '../../../lambda/kit/socket-messages';
import { SOCKET_FRAME_BYTES } from '../../../lib/contract/chat-socket';

interface Received {
  readonly n: number;
  readonly type: string;
  readonly part?: number;
  readonly of?: number;
  readonly text?: string;
  readonly events?: { id?: string; data: unknown }[];
}

/** As a client does it: in the order of their numbers, parts joined. */
function received(messages: readonly string[]): Received[] {
  const all: Received[] = [];
  let text = '';
  for (const message of messages.map((each) => JSON.parse(each) as Received)) {
    if (message.type !== 'part') {
      all.push(message);
      continue;
    }
    text += message.text;
    if (message.part !== message.of! - 1) continue;
    all.push(JSON.parse(text) as Received);
    text = '';
  }
  return all;
}

const bytes = (messages: readonly string[]) => Math.max(...messages.map((message) => Buffer.byteLength(message)));

test('puts as many events into a message as a frame holds', () => {
  const events = Array.from({ length: 2_000 }, (_, index) => ({ id: `turn.${index}`, data: JSON.stringify({ text: `word${index}` }) }));
  const messages = new SocketMessages('a').events(events);
  expect(messages.length).toBeLessThan(6);
  expect(bytes(messages)).toBeLessThanOrEqual(SOCKET_FRAME_BYTES);
  expect(received(messages).flatMap((message) => message.events)).toEqual(events.map(({ id, data }) => ({ id, data: JSON.parse(data) as unknown })));
  expect(received(messages).map(({ n }) => n)).toEqual(messages.map((_, index) => index));
});

test('splits what a frame cannot hold, wherever its characters fall, and joins it to the letter', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('a', '"', '\\', '\n', '\u0001', 'ü', '語', '😀'), { minLength: 1, maxLength: 40 }), fc.integer({ min: 2_000, max: 12_000 }), (letters, times) => {
    const body = { text: letters.join('').repeat(Math.ceil(times / letters.length)) };
    const messages = new SocketMessages('a').message({ type: 'response', body });
    expect(bytes(messages)).toBeLessThanOrEqual(SOCKET_FRAME_BYTES);
    expect(received(messages)).toEqual([expect.objectContaining({ type: 'response', body })]);
  }), { numRuns: 60 });
});

test('reads events wherever their text is cut, and leaves comments out', () => {
  const text = ': working on it\n\nid: t.0\ndata: {"a":1}\n\ndata: {"b":"\\n\\n"}\n\ndata: [DONE]\n\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const reader = new EventReader();
    expect([...reader.read(text.slice(0, cut)), ...reader.read(text.slice(cut))]).toEqual([{ id: 't.0', data: '{"a":1}' }, { id: undefined, data: '{"b":"\\n\\n"}' }]);
    expect(reader.complete).toBe(true);
  }
});
