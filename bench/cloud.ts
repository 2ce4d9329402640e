import { setTimeout as pause } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { type LocalCloud, startCloud } from '../local/cloud';

const PATIENCE_MS = 500;
const ATTEMPTS = 20;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The answer as JSON; of a stream, each chunk. */
  readonly json: unknown[];
  /** Whether a stream was closed by its end mark. */
  readonly done: boolean;
}

/** The chat example on the local cloud, called as user-a. */
export class Chat {
  constructor(readonly cloud: LocalCloud, private readonly base: string) {}

  complete(body: object, token = this.cloud.session.users['user-a']): Promise<Reply> {
    return this.call('v1/chat/completions', token, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  }

  get(path: string, token = this.cloud.session.users['user-a']): Promise<Reply> {
    return this.call(path, token, {});
  }

  private async call(path: string, token: string, init: RequestInit, attempt = 1): Promise<Reply> {
    const request = { ...init, headers: { ...init.headers, ...(token && { authorization: `Bearer ${token}` }) } };
    const response = await fetch(new URL(path, this.base), request);
    const text = await response.text();
    if (response.status === 429 && this.cloud.faults.current.kind === 'none' && attempt < ATTEMPTS) {
      // The stage's own throttling, which holds here as it does when deployed.
      await pause(PATIENCE_MS);
      return this.call(path, token, init, attempt + 1);
    }
    const streamed = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
    const events = streamed ? eventsOf(text) : [text];
    return {
      status: response.status,
      headers: response.headers,
      json: events.filter((event) => event !== '[DONE]').map((event): unknown => JSON.parse(event)),
      done: events.at(-1) === '[DONE]',
    };
  }
}

function eventsOf(text: string): string[] {
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data) });
  parser.feed(text);
  return events;
}

/** Starts the example for as long as it is used; the handlers must have been bundled. */
export async function withChat<T>(use: (chat: Chat) => Promise<T>): Promise<T> {
  const cloud = await startCloud({ example: 'chatbot-api', processes: 2 });
  try {
    const [{ Url }] = Object.values(cloud.outputs);
    return await use(new Chat(cloud, Url));
  } finally {
    await cloud.stop();
  }
}
