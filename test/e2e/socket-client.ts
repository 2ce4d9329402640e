import { randomUUID } from 'node:crypto';
import WebSocket from 'ws';

export interface SocketMessage {
  readonly id: string | null;
  readonly n?: number;
  readonly type: 'start' | 'events' | 'end' | 'response' | 'error' | 'working' | 'accepted' | 'pong' | 'part';
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly events?: readonly { readonly id?: string; readonly data: any }[];
  readonly complete?: boolean;
  readonly body?: any;
  readonly error?: { readonly message: string; readonly code: string | null; readonly param: string | null };
  readonly part?: number;
  readonly of?: number;
  readonly text?: string;
}

/** A client of the message protocol as its page tells one to be: it joins parts, leaves out what comes twice, and sends long requests in parts. */
export class SocketClient {
  readonly frames: number[] = [];
  readonly messages: SocketMessage[] = [];
  readonly closed: Promise<number>;
  private readonly followers = new Set<() => void>();
  private readonly parts = new Map<string, { n: number; text: string }>();
  private readonly last = new Map<string, number>();

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => socket.once('close', (code) => {
      resolve(code);
      this.wake();
    }));
    socket.on('message', (data) => this.take(String(data)));
    socket.on('error', () => undefined);
  }

  static async open(url: string, protocols: string[], headers: Record<string, string> = {}): Promise<SocketClient> {
    const socket = new WebSocket(url, protocols, { headers });
    const client = new SocketClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_, response) => reject(new Error(`refused with ${response.statusCode}`)));
    });
    return client;
  }

  /** Sends a request and gives back its id. */
  ask(message: object, id: string = randomUUID()): string {
    const text = JSON.stringify({ id, ...message });
    if (Buffer.byteLength(text) <= 30_000) {
      this.socket.send(text);
      return id;
    }
    const pieces = text.match(/[\s\S]{1,6000}/g)!;
    pieces.forEach((piece, part) => this.socket.send(JSON.stringify({ id, type: 'part', part, of: pieces.length, text: piece })));
    return id;
  }

  /** What has come for a request so far. */
  of(id: string): SocketMessage[] {
    return this.messages.filter((message) => message.id === id);
  }

  /** Waits until something holds of what has come for a request, or the connection is closed. */
  async until(id: string, holds: (messages: SocketMessage[]) => boolean, timeoutMs = 20_000): Promise<SocketMessage[]> {
    const deadline = Date.now() + timeoutMs;
    while (!holds(this.of(id)) && this.socket.readyState <= WebSocket.OPEN) {
      if (Date.now() > deadline) throw new Error(`nothing of the kind came for ${id}: ${JSON.stringify(this.of(id).slice(-3))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.followers.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return this.of(id);
  }

  /** The whole answer of a request. */
  answer(id: string): Promise<SocketMessage[]> {
    return this.until(id, (messages) => messages.some(({ type }) => ['end', 'response', 'error'].includes(type)));
  }

  private take(text: string): void {
    this.frames.push(Buffer.byteLength(text));
    const message = JSON.parse(text) as SocketMessage;
    const id = message.id ?? '';
    if (message.n !== undefined) {
      // A message that comes twice, for nobody knew that it had arrived.
      if (message.n <= (this.last.get(id) ?? -1)) return;
      this.last.set(id, message.n);
    }
    if (message.type !== 'part') {
      this.messages.push(message);
    } else {
      const sofar = { n: message.n!, text: (message.part === 0 ? '' : this.parts.get(id)!.text) + message.text };
      this.parts.set(id, sofar);
      if (message.part === message.of! - 1) this.messages.push(JSON.parse(sofar.text) as SocketMessage);
    }
    this.wake();
  }

  private wake(): void {
    const waiting = [...this.followers];
    this.followers.clear();
    waiting.forEach((wake) => wake());
  }
}
