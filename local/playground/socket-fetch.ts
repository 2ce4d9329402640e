import { ApiError } from './api-error';
import { loadSession, type Target, tokenFor } from './session';
import { SignedFetch } from './signed-fetch';
import { SocketAnswer, type SocketMessage } from './socket-answer';

/** Frames are smaller than 32 KB, and a letter of some scripts takes three bytes, as JSON six. */
const PIECE = 5_000;

/**
 * Calls one deployed WebSocket API as one local user, by the messages of docs/web-socket.md. To a view it is what any other API is: it asks
 * for paths and reads responses, streams among them.
 */
export class SocketFetch {
  private readonly base: string;
  private readonly answers = new Map<string, SocketAnswer>();
  private socket?: Promise<WebSocket>;

  constructor(private readonly target: Target, private readonly user: string, private token: string) {
    // By path, as the page may have been opened under another name of this machine.
    this.base = `${location.protocol.replace('http', 'ws')}//${location.host}${new URL(target.url).pathname}`;
  }

  readonly fetch: SignedFetch = async (path, init = {}) => {
    const response = await this.ask(path, init);
    // A connection is good until its token expires.
    if (response.status !== 401 || !await this.renew()) {
      return response;
    }
    this.close();
    return this.ask(path, init);
  };

  close(): void {
    void this.socket?.then((socket) => socket.close(), () => undefined);
    this.socket = undefined;
  }

  private async ask(path: string, init: RequestInit): Promise<Response> {
    const socket = await (this.socket ??= this.connect());
    const id = crypto.randomUUID();
    const answer = new SocketAnswer(init.signal ?? undefined, () => this.answers.delete(id));
    this.answers.set(id, answer);
    for (const piece of frames(id, messageFor(path, init))) {
      socket.send(piece);
    }
    return answer.response;
  }

  /** Whether there is a newer token than the one that was refused. */
  private async renew(): Promise<boolean> {
    const renewed = tokenFor(await loadSession(), this.target, this.user);
    if (!renewed || renewed === this.token) {
      return false;
    }
    this.token = renewed;
    return true;
  }

  private async connect(): Promise<WebSocket> {
    try {
      // A browser is not told why it was refused: it may be the token's age.
      return await this.open().catch(async (error: Error) => await this.renew() ? this.open() : Promise.reject(error));
    } catch (error) {
      this.socket = undefined;
      throw error;
    }
  }

  private open(): Promise<WebSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.base, ['chat.v1', `bearer.${this.token}`]);
      socket.onopen = () => resolve(socket);
      socket.onmessage = ({ data }) => this.take(JSON.parse(String(data)) as SocketMessage);
      socket.onclose = ({ code }) => {
        const lost = new ApiError(`The API closed the connection (${code}).`, 'connection_error');
        reject(lost);
        for (const answer of this.answers.values()) {
          answer.fail(lost);
        }
        void this.socket?.then((current) => {
          if (current === socket) {
            this.socket = undefined;
          }
        }, () => undefined);
      };
    });
  }

  private take(message: SocketMessage): void {
    if (message.id) {
      this.answers.get(message.id)?.take(message);
    }
  }
}

/** Turns have messages of their own; all else is carried as it is. */
function messageFor(path: string, { method = 'GET', body, headers }: RequestInit): object {
  const content = typeof body === 'string' ? { body: JSON.parse(body) as unknown } : {};
  const [, conversation, what] = /^v1\/conversations\/([^/]+)\/(stream|stop)$/.exec(path) ?? [];
  if (conversation) {
    return { type: what === 'stop' ? 'stop' : 'resume', conversation_id: decodeURIComponent(conversation) };
  }
  if (path === 'v1/chat/completions') {
    return { type: 'chat.completions', ...content };
  }
  return { type: 'request', method, path: `/${path}`, headers: Object.fromEntries(new Headers(headers)), ...content };
}

function frames(id: string, message: object): string[] {
  const text = JSON.stringify({ id, ...message });
  if (text.length <= PIECE) {
    return [text];
  }
  const pieces = text.match(new RegExp(`[^]{1,${PIECE}}`, 'g')) ?? [];
  return pieces.map((piece, part) => JSON.stringify({ id, type: 'part', part, of: pieces.length, text: piece }));
}
