import { Writable } from 'node:stream';
import { EventReader, SocketMessages } from './socket-messages';

type Send = (message: string) => Promise<void>;

/** How much of an answer waits for a client that reads slowly. */
const WAITING_CHARACTERS = 256 * 1024;

/**
 * Takes an answer of HTTP and sends it over a socket as it comes. While one message is on its way the next gather, and go together.
 * Where nobody is there any more the stream breaks, as a connection of HTTP does that was hung up: what makes the answer goes on without it.
 */
export class SocketAnswer extends Writable {
  private readonly messages: SocketMessages;
  private readonly events?: EventReader;
  private readonly headers: Readonly<Record<string, string>>;
  private text = '';
  private begun = false;

  constructor(id: string, private readonly status: number, headers: Readonly<Record<string, string>>, private readonly send: Send) {
    super({ decodeStrings: false, highWaterMark: WAITING_CHARACTERS });
    this.messages = new SocketMessages(id);
    const { 'content-type': contentType = '', 'cache-control': _, 'x-accel-buffering': _buffering, ...rest } = headers;
    this.headers = rest;
    if (contentType.startsWith('text/event-stream')) this.events = new EventReader();
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.take(String(chunk)).then(() => callback(), callback);
  }

  override _writev(chunks: { chunk: string | Buffer }[], callback: (error?: Error | null) => void): void {
    this.take(chunks.map(({ chunk }) => String(chunk)).join('')).then(() => callback(), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.finish().then(() => callback(), callback);
  }

  private async take(text: string): Promise<void> {
    if (!this.events) {
      this.text += text;
      return;
    }
    const found = this.events.read(text);
    if (found.length > 0) await this.sendAll([...this.start(), ...this.messages.events(found)]);
  }

  private async finish(): Promise<void> {
    if (this.events) return this.sendAll([...this.start(), ...this.messages.message({ type: 'end', complete: this.events.complete })]);
    const body = this.text === '' ? undefined : JSON.parse(this.text) as { readonly error?: unknown };
    const { status, headers } = this;
    return this.sendAll(this.messages.message(status >= 400 ? { type: 'error', status, headers, error: body?.error ?? null } : { type: 'response', status, headers, body }));
  }

  private start(): string[] {
    if (this.begun) return [];
    this.begun = true;
    return this.messages.message({ type: 'start', status: this.status, headers: this.headers });
  }

  /** One after the other: API Gateway keeps no order among what is sent at once. */
  private async sendAll(messages: readonly string[]): Promise<void> {
    for (const message of messages) await this.send(message);
  }
}
