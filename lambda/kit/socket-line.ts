import type { Writable } from 'node:stream';
import { SocketAnswer } from './socket-answer';

export interface LineOptions {
  /** The id of the request that is answered. */
  readonly id: string;
  readonly silenceMs: number;
  /** Told once, when the client cannot be reached any more. */
  readonly lost: (error: unknown) => void;
}

/** One client, for as long as one request of it is answered. It hears a sign of life where it hears nothing else; when it is gone, nothing is sent any more. */
export class Line {
  private readonly heartbeat: NodeJS.Timeout;
  private broken?: unknown;

  constructor(private readonly post: (message: string) => Promise<void>, private readonly options: LineOptions) {
    const { id, silenceMs } = options;
    this.heartbeat = setInterval(() => void this.send(JSON.stringify({ id, type: 'working' })).catch(() => undefined), silenceMs);
  }

  /** Begins the answer. */
  open(status: number, headers: Readonly<Record<string, string>>): Writable {
    return new SocketAnswer(this.options.id, status, headers, (message) => this.send(message));
  }

  close(): void {
    clearInterval(this.heartbeat);
  }

  private async send(message: string): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    try {
      this.heartbeat.refresh();
      await this.post(message);
    } catch (error) {
      if (this.broken === undefined) this.options.lost(error);
      this.broken = error;
      this.close();
      throw error;
    }
  }
}
