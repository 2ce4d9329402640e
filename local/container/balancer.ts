import { randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { LocalTask } from './task';

/** Load balancers of services, each under `/<stack>/<load balancer's logical id>`, with one task behind each. */
export class LoadBalancers {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });

  constructor(private readonly tasks: readonly LocalTask[], private readonly onNotice: (line: string) => void) {}

  /** Answers if the address belongs to one of the load balancers. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    const url = incoming.url ?? '/';
    const task = this.tasks.find(({ service: { basePath } }) => url === basePath || url.startsWith(`${basePath}/`));
    if (!task) return false;
    outgoing.on('error', () => undefined);
    task.port().then((port) => this.forward(task, port, incoming, outgoing), (error: Error) => {
      this.onNotice(error.message);
      refuse(outgoing, 503);
    });
    return true;
  }

  stop(): void {
    this.agent.destroy();
  }

  private forward({ service }: LocalTask, port: number, incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, headers, socket } = incoming;
    const path = incoming.url!.slice(service.basePath.length) || '/';
    const trace = `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
    const seen = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
    const forwarded = [headers['x-forwarded-for'], seen].filter(Boolean).join(', ');
    const asked = request({
      host: '127.0.0.1', port, method, path, agent: this.agent, headers: { ...headers, 'x-forwarded-for': forwarded, 'x-forwarded-proto': 'https', 'x-forwarded-port': '443', 'x-amzn-trace-id': trace },
    }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
    });
    // As long as nothing moves; a stream of the chat says something every ten seconds.
    asked.setTimeout(service.idleTimeoutMs, () => {
      asked.destroy();
      refuse(outgoing, 504);
    });
    asked.once('error', () => refuse(outgoing, 502));
    outgoing.once('close', () => asked.destroy());
    incoming.pipe(asked);
  }
}

function refuse(outgoing: ServerResponse, status: number): void {
  if (outgoing.headersSent) return void outgoing.destroy();
  outgoing.writeHead(status, { 'content-type': 'text/html' }).end(`<html><body>${status}</body></html>`);
}
