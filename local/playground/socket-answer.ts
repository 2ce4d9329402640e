/** What a chat sends over a socket, as far as the page reads it. */
export interface SocketMessage {
  /** None on what API Gateway says itself. */
  readonly id?: string | null;
  readonly n?: number;
  readonly type?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly events?: readonly { readonly id?: string; readonly data: unknown }[];
  readonly complete?: boolean;
  readonly body?: unknown;
  readonly error?: object;
  readonly part?: number;
  readonly of?: number;
  readonly text?: string;
}

/** The answer to one request over a socket, as a response: at once when it comes whole, and a stream of events as they come. */
export class SocketAnswer {
  readonly response: Promise<Response>;
  private resolve!: (response: Response) => void;
  private reject!: (error: unknown) => void;
  private stream?: ReadableStreamDefaultController<Uint8Array>;
  private last = -1;
  private parts = '';

  constructor(signal: AbortSignal | undefined, private readonly done: () => void) {
    this.response = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nobody may be waiting any more when the connection breaks.
    this.response.catch(() => undefined);
    const abort = () => this.fail(new DOMException('The page left this answer.', 'AbortError'));
    if (signal?.aborted) {
      abort();
    }
    signal?.addEventListener('abort', abort, { once: true });
  }

  take(message: SocketMessage): void {
    if (message.n !== undefined) {
      // A message that comes twice, for nobody knew that it had arrived.
      if (message.n <= this.last) {
        return;
      }
      this.last = message.n;
    }
    if (message.type === 'part') {
      this.parts = (message.part === 0 ? '' : this.parts) + message.text;
      if (message.part === message.of! - 1) {
        this.read(JSON.parse(this.parts) as SocketMessage);
      }
      return;
    }
    this.read(message);
  }

  fail(error: unknown): void {
    this.done();
    this.reject(error);
    this.stream?.error(error);
    this.stream = undefined;
  }

  private read({ type, status = 200, headers = {}, events = [], complete, body, error }: SocketMessage): void {
    switch (type) {
      case 'start': {
        const stream = new ReadableStream<Uint8Array>({ start: (controller) => { this.stream = controller; } });
        return this.resolve(new Response(stream, { status, headers }));
      }
      case 'events':
        return events.forEach(({ id, data }) => this.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`));
      case 'end':
        if (complete) {
          this.write('data: [DONE]\n\n');
        }
        this.stream?.close();
        this.stream = undefined;
        return this.done();
      case 'response':
        this.done();
        return this.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status, headers }));
      case 'error':
        this.done();
        return this.resolve(new Response(JSON.stringify({ error }), { status, headers }));
    }
  }

  private write(text: string): void {
    this.stream?.enqueue(new TextEncoder().encode(text));
  }
}
