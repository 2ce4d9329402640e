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

/** Lines that `/local/logs` answers. */
const SHOWN = 1_000;

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

  /** Tells of every line to come. */
  follow(listener: (line: LogLine) => void): void {
    this.followers.add(listener);
  }

  /** The newest lines, the newest last. */
  newest(): LogLine[] {
    return this.lines.slice(-SHOWN);
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

/** What a line says to the person at the terminal: that something failed. Nothing for all the other lines. */
export function noticeOf({ group, kind, line, requestId }: LogLine): string | undefined {
  const told = (text: string) => `${group}: ${text}${requestId === undefined ? '' : ` (request ${requestId})`}`;
  if (kind === 'access') return undefined;
  if (kind === 'platform') return line.includes(' Task timed out after ') ? told(line.slice(line.indexOf('Task timed out'))) : undefined;
  const entry = entryIn(line);
  if (!entry) return kind === 'stderr' ? told(line) : undefined;
  const { status, message, key, errorCode, error, reason } = entry;
  const failed = kind === 'stderr' || entry.level === 'ERROR' || Number(status) >= 500 || (Number(status) < 300 && errorCode !== undefined);
  return failed ? told([message, key, entry.route, status, errorCode, error, reason].filter((part) => part !== undefined).join(' ')) : undefined;
}

/** An evaluation that ended, and where its report lies. */
export interface EndedEvaluation {
  readonly passed: boolean;
  readonly bucket: string;
  readonly key: string;
}

/** The evaluation that ended as a line says; nothing for all other lines. */
export function evaluationIn({ kind, line }: Pick<LogLine, 'kind' | 'line'>): EndedEvaluation | undefined {
  const { message, passed, report } = (kind === 'stdout' && entryIn(line)) || {};
  const [, bucket, key] = (message === 'evaluation' && /^s3:\/\/([^/]+)\/(.+)$/.exec(String(report))) || [];
  return bucket !== undefined && key !== undefined ? { passed: passed === true, bucket, key } : undefined;
}

/** A handler's line, where it is one of JSON. */
function entryIn(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
