import { connect, type Socket } from 'node:net';
import { errorOf, type Frame, frame, FrameReader, type PostgresError, rowOf, startup } from './wire';

/** What a user is given of the one session, for as long as they are in the middle of a transaction. */
export interface Turn {
  /** Sends messages that end with a query or a sync; the answer is the state afterwards: I when nothing is open. */
  send(messages: Buffer, tell: (answer: Frame) => void): Promise<string>;
  end(): void;
}

/**
 * The one session of PGlite for many connections, in turns: whoever has begun a transaction keeps it until that is over, and others wait in the order in which
 * they came. Before each turn the session becomes its user, so that nobody can do more than they may. Settings that are made outside of a transaction hold for all.
 */
export class Turns {
  static async open(port: number, as: { readonly user: string; readonly database: string }): Promise<Turns> {
    const socket = connect(port, '127.0.0.1');
    const turns = new Turns(socket, as.user);
    const greeting: Frame[] = [];
    await turns.exchange(startup(as), (answer) => greeting.push(answer));
    turns.settings.push(...greeting.filter(({ type }) => type === 'S').map(({ whole }) => Buffer.from(whole)));
    return turns;
  }

  /** What the server says of itself to whoever connects. */
  readonly settings: Buffer[] = [];
  private last: Promise<void> = Promise.resolve();
  private listener?: { tell(answer: Frame): void; done(state: string): void; failed(error: Error): void };

  private constructor(private readonly socket: Socket, private readonly owner: string) {
    const reader = new FrameReader();
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      for (const answer of reader.read(data)) this.hear(answer);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.listener?.failed(new Error('the local Aurora has stopped')));
  }

  /** A turn as a user; as nobody, it is the one who owns everything. */
  async take(user = this.owner): Promise<Turn> {
    const before = this.last;
    let end: () => void = () => undefined;
    this.last = new Promise((resolve) => end = resolve);
    await before;
    try {
      await this.ask(`SET SESSION AUTHORIZATION "${user.replace(/"/g, '""')}"`);
    } catch (error) {
      end();
      throw error;
    }
    return { end, send: (messages, tell) => this.exchange(messages, tell) };
  }

  /** Statements in a turn of their own; the rows of the last as texts. */
  async run(sql: string, user?: string): Promise<(string | null)[][]> {
    const turn = await this.take(user);
    try {
      return await this.ask(sql);
    } finally {
      await this.ask('ROLLBACK').catch(() => undefined);
      turn.end();
    }
  }

  stop(): void {
    this.socket.destroy();
  }

  private async ask(sql: string): Promise<(string | null)[][]> {
    const rows: (string | null)[][] = [];
    let failure: PostgresError | undefined;
    await this.exchange(frame('Q', sql), (answer) => {
      if (answer.type === 'D') rows.push(rowOf(answer));
      if (answer.type === 'E') failure = errorOf(answer);
    });
    if (failure) throw failure;
    return rows;
  }

  private exchange(messages: Buffer, tell: (answer: Frame) => void): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(new Error('the local Aurora has stopped'));
      this.listener = { tell, done: resolve, failed: reject };
      return void this.socket.write(messages);
    });
  }

  private hear(answer: Frame): void {
    this.listener?.tell(answer);
    if (answer.type === 'Z') this.listener?.done(String.fromCharCode(answer.whole[5]));
  }
}
