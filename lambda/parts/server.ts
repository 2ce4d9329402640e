import { type Endpoint } from '../kit/endpoint';
import { httpServer, type HttpServerOptions } from '../kit/http-server';
import type { Log } from '../kit/log';

export interface TaskOptions extends HttpServerOptions {
  readonly port: number;
  readonly drainMs: number;
  readonly log: Log;
}

/** Serves the chat from a task of its own until the task is told to end. */
export function serve(answer: Endpoint, { port, drainMs, log, ...options }: TaskOptions): void {
  const { server, drain } = httpServer(answer, options);
  server.listen(port, () => log.info('ready', {}));
  process.once('SIGTERM', () => {
    log.info('draining', {});
    void drain(drainMs).then(() => process.exit(0));
  });
}
