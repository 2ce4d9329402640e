import { SOCKET_FRAME_BYTES } from '../../lib/contract/chat-socket';

/** One event of a stream as the socket carries it: `data` is JSON already. */
export interface SocketEvent {
  readonly id?: string;
  readonly data: string;
}

/** Room for the fields around a list of events or a piece of text. */
const AROUND_BYTES = 400;
const ROOM = SOCKET_FRAME_BYTES - AROUND_BYTES;

/** Numbers the messages that answer one request: a client sees what came twice, and what did not come. */
export class SocketMessages {
  private n = 0;

  constructor(private readonly id: string) {}

  /** Some fields as one message, or as the parts of one. */
  message(fields: Readonly<Record<string, unknown>>): string[] {
    return this.split(JSON.stringify({ id: this.id, n: this.n++, ...fields }));
  }

  /** Events in as few messages as hold them; one that is larger than a frame comes in parts. */
  events(events: readonly SocketEvent[]): string[] {
    const messages: string[] = [];
    let held: string[] = [];
    let bytes = 0;
    const close = () => {
      if (held.length > 0) messages.push(...this.split(`{"id":${JSON.stringify(this.id)},"n":${this.n++},"type":"events","events":[${held.join(',')}]}`));
      held = [];
      bytes = 0;
    };
    for (const { id, data } of events) {
      const text = `{${id === undefined ? '' : `"id":${JSON.stringify(id)},`}"data":${data}}`;
      const size = Buffer.byteLength(text) + 1;
      if (bytes + size > ROOM) close();
      held.push(text);
      bytes += size;
    }
    close();
    return messages;
  }

  /** Whoever joins the texts of the parts has the message. */
  private split(message: string): string[] {
    if (Buffer.byteLength(message) <= SOCKET_FRAME_BYTES) return [message];
    const texts = pieces(message);
    return texts.map((text, part) => JSON.stringify({ id: this.id, n: this.n++, type: 'part', part, of: texts.length, text }));
  }
}

/** Pieces that each fit a frame once they are JSON; no character of two units is cut. */
function pieces(message: string): string[] {
  const cut: string[] = [];
  for (let start = 0; start < message.length;) {
    let end = start;
    for (let bytes = 0; end < message.length;) {
      const character = String.fromCodePoint(message.codePointAt(end)!);
      // Without the quotation marks around it.
      bytes += Buffer.byteLength(JSON.stringify(character)) - 2;
      if (bytes > ROOM) break;
      end += character.length;
    }
    cut.push(message.slice(start, end));
    start = end;
  }
  return cut;
}

/** Reads server-sent events as the encoders write them. Comments are left out. */
export class EventReader {
  private rest = '';

  /** Whether the stream said that it is over. */
  complete = false;

  read(text: string): SocketEvent[] {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => {
      const event = eventOf(block);
      if (event?.data !== '[DONE]') return event ? [event] : [];
      this.complete = true;
      return [];
    });
  }
}

function eventOf(block: string): SocketEvent | undefined {
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('data: ')) data.push(line.slice(6));
  }
  return data.length > 0 ? { id, data: data.join('\n') } : undefined;
}
