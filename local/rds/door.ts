import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Turn, Turns } from './turns';
import { errorFrame, frame, FrameReader, number, opening, PostgresError } from './wire';
import type { Certificate } from '../elasticache/certificate';

export interface DatabaseDoor {
  readonly port: number;
  stop(): Promise<void>;
}

export interface DatabaseDoorOptions {
  readonly certificate: Certificate;
  /** The database behind it. */
  behind(): Promise<Turns>;
  /** Decides on who wants to come in, and says who they are behind it; throws what is wrong with them. */
  admit(user: string, database: string, password: string): Promise<string>;
  onRefused(reason: string): void;
}

/** What a cluster has in front: it speaks TLS only, and lets nobody in who has not proved who they are. */
export async function openDatabaseDoor(options: DatabaseDoorOptions): Promise<DatabaseDoor> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    socket.once('data', (data) => {
      const asked = opening(data);
      if (asked?.tls) return void encrypt(socket, options);
      socket.end(errorFrame(new PostgresError('28000', 'no pg_hba.conf entry for host "127.0.0.1", no encryption')));
      return options.onRefused('who connected did so without TLS');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      open.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function encrypt(socket: Socket, options: DatabaseDoorOptions): void {
  socket.write('S');
  const client = new TLSSocket(socket, { isServer: true, ...options.certificate });
  client.on('error', () => client.destroy());
  let waiting: Buffer = Buffer.alloc(0);
  const listen = (data: Buffer) => {
    waiting = Buffer.concat([waiting, data]);
    const asked = opening(waiting);
    if (!asked) return;
    client.off('data', listen);
    const { user = '', database = user } = asked.tls ? {} : asked.settings;
    client.write(frame('R', number(3)));
    void new Visit(client, user, options).start(database);
  };
  client.on('data', listen);
}

/** One connection: what a client sends is gathered up to the end of a query, and sent when it is its turn. */
class Visit {
  private readonly reader = new FrameReader();
  private gathered: Buffer[] = [];
  private turn?: Turn;
  private work: Promise<void> = Promise.resolve();
  private gone = false;

  constructor(private readonly client: TLSSocket, private readonly user: string, private readonly options: DatabaseDoorOptions) {}

  async start(database: string): Promise<void> {
    const password = await new Promise<string>((resolve) => this.client.once('data', (data: Buffer) => resolve(data.subarray(5, data.length - 1).toString())));
    try {
      const turns = await this.options.behind();
      const as = await this.options.admit(this.user, database, password);
      this.client.on('data', (data: Buffer) => this.hear(data, turns, as));
      this.client.once('close', () => this.leave());
      this.client.write(Buffer.concat([frame('R', number(0)), ...turns.settings, frame('K', number(1), number(1)), frame('Z', Buffer.from('I'))]));
    } catch (error) {
      const failure = error instanceof PostgresError ? error : new PostgresError('28000', `PAM authentication failed for user "${this.user}"`);
      this.options.onRefused((error as Error).message);
      this.client.end(errorFrame(failure));
    }
  }

  private hear(data: Buffer, turns: Turns, as: string): void {
    for (const { type, whole } of this.reader.read(data)) {
      if (type === 'X') return void this.client.end();
      this.gathered.push(Buffer.from(whole));
      if (type !== 'Q' && type !== 'S') continue;
      const messages = Buffer.concat(this.gathered);
      this.gathered = [];
      this.work = this.work.then(() => this.send(messages, turns, as)).catch(() => void this.client.destroy());
    }
  }

  private async send(messages: Buffer, turns: Turns, as: string): Promise<void> {
    if (this.gone) return;
    this.turn ??= await turns.take(as);
    const state = await this.turn.send(messages, ({ whole }) => {
      if (!this.gone) this.client.write(whole);
    });
    if (state !== 'I') return;
    this.turn.end();
    this.turn = undefined;
  }

  /** What a client leaves open is undone. */
  private leave(): void {
    this.gone = true;
    this.work = this.work.then(async () => {
      await this.turn?.send(frame('Q', 'ROLLBACK'), () => undefined);
    }).catch(() => undefined).then(() => this.turn?.end());
  }
}
