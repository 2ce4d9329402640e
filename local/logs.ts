import { EventEmitter } from 'node:events';

/** One line that something in the local cloud wrote, as CloudWatch Logs would keep it. */
export interface LogLine {
  readonly time: number;
  /** Name of the log group. */
  readonly group: string;
  readonly requestId?: string;
  /** Where it came from: the function's own output, what Lambda says of it, or an API's access log. */
  readonly kind: 'stdout' | 'stderr' | 'platform' | 'access';
  readonly line: string;
}

const KEPT = 20_000;

/** Everything that handlers and gateways logged since the start; the oldest lines go when there are very many. */
export class CloudLogs {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private lines: LogLine[] = [];

  add(line: Omit<LogLine, 'time'>): void {
    const complete = { time: Date.now(), ...line };
    this.lines.push(complete);
    if (this.lines.length > KEPT * 1.2) this.lines = this.lines.slice(-KEPT);
    this.emitter.emit('line', complete);
  }

  all(filter: Partial<Omit<LogLine, 'line' | 'time'>> = {}): LogLine[] {
    return this.lines.filter((line) => Object.entries(filter).every(([key, value]) => line[key as keyof LogLine] === value));
  }

  /** Calls back for each line from now on; the answer stops it. */
  follow(onLine: (line: LogLine) => void): () => void {
    this.emitter.on('line', onLine);
    return () => this.emitter.off('line', onLine);
  }

  /** The first line, past or to come, for which the test holds. */
  waitFor(test: (line: LogLine) => boolean, timeoutMs = 5_000): Promise<LogLine> {
    const known = this.lines.find(test);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no such log line within ${timeoutMs} ms; the last ones are:\n${this.lines.slice(-5).map(({ line }) => line).join('\n')}`));
      }, timeoutMs);
      const stop = this.follow((line) => {
        if (!test(line)) return;
        clearTimeout(timer);
        stop();
        resolve(line);
      });
    });
  }
}
