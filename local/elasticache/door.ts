import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from './certificate';

export interface Door {
  readonly port: number;
  stop(): Promise<void>;
}

export interface DoorOptions {
  readonly certificate: Certificate;
  /** The server behind it, on loopback; asked for with every connection. */
  behind(): number;
  /** Decides on who wants to come in; throws what is wrong with them. */
  admit(user: string, token: string): void;
  onRefused(reason: string): void;
}

/** What a serverless cache has in front: it speaks TLS only, and lets nobody in who has not proved with the first command who they are. */
export async function openDoor({ certificate, behind, admit, onRefused }: DoorOptions): Promise<Door> {
  const open = new Set<Socket>();
  const server = createServer(certificate, (client) => {
    let waiting = Buffer.alloc(0);
    open.add(client);
    client.once('close', () => open.delete(client));
    client.on('error', () => client.destroy());
    const listen = (data: Buffer) => {
      waiting = Buffer.concat([waiting, data]);
      const command = firstCommand(waiting);
      if (!command) return;
      const [name, user, token] = command;
      try {
        if (name.toUpperCase() !== 'AUTH' || token === undefined) throw new Error(`'${name}' came before a user and a token`);
        admit(user, token);
      } catch (error) {
        onRefused((error as Error).message);
        client.end('-WRONGPASS invalid username-password pair or user is disabled.\r\n');
        client.off('data', listen);
        return;
      }
      client.off('data', listen);
      // The server knows the user too, takes any password, and holds them to what they may do.
      const upstream = connect(behind(), '127.0.0.1', () => upstream.write(waiting));
      open.add(upstream);
      upstream.once('close', () => {
        open.delete(upstream);
        client.destroy();
      });
      upstream.on('error', () => upstream.destroy());
      client.once('close', () => upstream.destroy());
      client.pipe(upstream).pipe(client);
    };
    client.on('data', listen);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      open.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The words of the first command, once all of it is there: `*2\r\n$4\r\nAUTH\r\n…`. */
function firstCommand(data: Buffer): string[] | undefined {
  const text = data.toString('latin1');
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return text.includes('\r\n') ? [text.split('\r\n')[0]] : undefined;
  const words: string[] = [];
  let at = head[0].length;
  for (let left = Number(head[1]); left > 0; left--) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (!length) return undefined;
    const start = at + length[0].length;
    const end = start + Number(length[1]);
    if (end + 2 > text.length) return undefined;
    words.push(text.slice(start, end));
    at = end + 2;
  }
  return words;
}
