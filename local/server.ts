import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface LoopbackServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Names by which this machine may be asked; any other comes from a page that pretends to live here. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** Takes over a connection that is to become a WebSocket; false where nobody serves its address. */
export type Upgrade = (incoming: IncomingMessage, stream: Duplex, head: Buffer) => boolean;

/** A server on loopback that answers nobody who reached it under another name. */
export async function serveLoopback(port: number, handle: RequestListener, upgrade: Upgrade = () => false): Promise<LoopbackServer> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, outgoing) => {
    if (LOOPBACK.test(incoming.headers.host ?? '')) return handle(incoming, outgoing);
    outgoing.writeHead(403, { 'content-type': 'application/json', 'connection': 'close' });
    return outgoing.end(JSON.stringify({ message: `the local cloud answers at 127.0.0.1 and localhost only, not as ${incoming.headers.host ?? 'nobody'}` }));
  });
  server.on('upgrade', (incoming: IncomingMessage, stream: Duplex, head: Buffer) => {
    const known = LOOPBACK.test(incoming.headers.host ?? '');
    if (!known || !upgrade(incoming, stream, head)) stream.end(`HTTP/1.1 ${known ? '404 Not Found' : '403 Forbidden'}\r\nconnection: close\r\n\r\n`);
  });
  // A streamed answer may take as long as its function; what it says goes out at once.
  server.requestTimeout = 0;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portProblem(error, port)));
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}

/** Refuses a port on which somebody listens, before anything is done that takes time. */
export async function requireFreePort(port: number): Promise<void> {
  const trial = createServer();
  await new Promise<void>((resolve, reject) => {
    trial.once('error', (error) => reject(portProblem(error, port)));
    trial.listen(port, '127.0.0.1', () => trial.close(() => resolve()));
  });
}

function portProblem(error: NodeJS.ErrnoException, port: number): Error {
  return error.code === 'EADDRINUSE' ? new Error(`port ${port} is taken; choose another with --port, as in: npm start -- --port ${port + 1}`) : error;
}
