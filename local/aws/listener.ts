import * as http from 'http';
import * as http2 from 'http2';
import * as net from 'net';

export interface Listener {
  address(): net.AddressInfo | string | null;
  stop(): Promise<void>;
}

type Handle = (request: http.IncomingMessage | http2.Http2ServerRequest, response: http.ServerResponse | http2.Http2ServerResponse) => void;

/** Bedrock's clients speak HTTP/2 with prior knowledge to an `http://` endpoint, all others HTTP/1: one port takes both and tells them by the first bytes. */
export async function listenForBothProtocols(handle: Handle): Promise<Listener> {
  const h1 = http.createServer({ keepAliveTimeout: 60_000 }, handle);
  const h2 = http2.createServer(handle);
  const sockets = new Set<net.Socket>();

  const door = net.createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client that goes away is no event; without a listener it would end the process.
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const head = socket.read() as Buffer | null;
      if (!head) return socket.destroy();
      socket.unshift(head);
      return (head.subarray(0, 3).toString('latin1') === 'PRI' ? h2 : h1).emit('connection', socket);
    });
  });
  h2.on('sessionError', () => undefined);

  await new Promise<void>((resolve, reject) => {
    door.once('error', reject);
    door.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: () => door.address(),
    stop: () => new Promise((resolve) => {
      door.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}
