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
  readonly lines: LogLine[] = [];
  private readonly followers = new Set<(line: LogLine) => void>();

  add(line: Omit<LogLine, 'time'>): void {
    const complete = { time: Date.now(), ...line };
    this.lines.push(complete);
    if (this.lines.length > KEPT * 1.2) this.lines.splice(0, this.lines.length - KEPT);
    for (const follow of this.followers) follow(complete);
  }

  /** The first line, past or to come, for which the test holds: a log may come a moment after its answer. */
  waitFor(test: (line: LogLine) => boolean, timeoutMs = 5_000): Promise<LogLine> {
    const known = this.lines.find(test);
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.followers.delete(follow);
        reject(new Error(`no such log line within ${timeoutMs} ms; the last ones are:\n${this.lines.slice(-5).map(({ line }) => line).join('\n')}`));
      }, timeoutMs);
      const follow = (line: LogLine) => {
        if (!test(line)) return;
        clearTimeout(timer);
        this.followers.delete(follow);
        resolve(line);
      };
      this.followers.add(follow);
    });
  }
}
