import { randomUUID } from 'node:crypto';
import type { Taken } from './frames';
import type { LambdaFunction } from './function';
import { type Sink, WorkerProcess } from './process';
import type { CloudLogs } from '../logs';

export interface PoolOptions {
  readonly node: string;
  /** The worker's own program, as plain JavaScript. */
  readonly script: string;
  readonly logs: CloudLogs;
  /** Most processes at once; beyond that an invocation waits for a free one. @default 16 */
  readonly processes?: number;
}

export interface Invocation {
  readonly event: string;
  readonly sink: Sink;
  readonly requestId?: string;
  readonly traceId?: string;
}

/** What Lambda answers when a function's reserved concurrency is used up. */
export const THROTTLED = 'TooManyRequestsException';

/** The environments of one function: warm ones are reused, new ones come with concurrency. */
export class FunctionPool {
  private readonly idle: WorkerProcess[] = [];
  private readonly all = new Set<WorkerProcess>();
  private readonly queue: (() => void)[] = [];
  /** What to do when a worker's invocation is over. */
  private readonly handlers = new WeakMap<WorkerProcess, () => void>();
  private inFlight = 0;
  private stopped = false;

  constructor(readonly lambda: LambdaFunction, private readonly options: PoolOptions) {}

  /** Starts a worker before anybody asks for one. */
  warm(): void {
    if (this.all.size === 0) this.idle.push(this.start());
  }

  /** What each process has taken until its last invocation was over; of one that is gone nothing is known any more. */
  get taken(): readonly Taken[] {
    return [...this.all].flatMap(({ taken }) => taken ?? []);
  }

  /** Runs one event; the sink hears of the answer. The answer is the request id. */
  invoke(invocation: Invocation): string {
    const requestId = invocation.requestId ?? randomUUID();
    if (this.lambda.concurrency !== undefined && this.inFlight >= this.lambda.concurrency) {
      queueMicrotask(() => invocation.sink.fail({ errorType: THROTTLED, errorMessage: 'Rate Exceeded.' }));
      return requestId;
    }
    this.inFlight++;
    const run = () => this.run(this.idle.pop() ?? this.start(), requestId, invocation);
    if (this.idle.length > 0 || this.all.size < (this.options.processes ?? 16)) run();
    else this.queue.push(run);
    return requestId;
  }

  /** Runs one event and gathers the whole answer. */
  call(event: unknown): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      this.invoke({
        event: JSON.stringify(event),
        sink: {
          data: (piece) => { pieces.push(piece); },
          end: () => resolve(Buffer.concat(pieces)),
          fail: (failure) => reject(Object.assign(new Error(failure.errorMessage), { name: failure.errorType })),
        },
      });
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.queue.length = 0;
    await Promise.all([...this.all].map((worker) => worker.kill({ errorType: 'Runtime.Stopped', errorMessage: 'the local cloud stops' })));
  }

  private start(): WorkerProcess {
    const { lambda, options } = this;
    const worker: WorkerProcess = new WorkerProcess(lambda, options.node, options.script, {
      onTimeout: (requestId) => this.platform(requestId, `${new Date().toISOString()} ${requestId} Task timed out after ${(lambda.timeoutMs / 1000).toFixed(2)} seconds`),
      onIdle: () => this.release(worker, true),
      onGone: () => {
        this.all.delete(worker);
        this.release(worker, false);
      },
      onLine: (kind, line, requestId) => options.logs.add({ group: lambda.logGroup, kind, line, requestId }),
    });
    this.all.add(worker);
    return worker;
  }

  private run(worker: WorkerProcess, requestId: string, { event, sink, traceId }: Invocation): void {
    const { lambda } = this;
    const startedAt = performance.now();
    this.platform(requestId, `START RequestId: ${requestId} Version: $LATEST`);
    this.handlers.set(worker, () => {
      this.platform(requestId, `END RequestId: ${requestId}`);
      this.platform(requestId, [
        `REPORT RequestId: ${requestId}`,
        `Duration: ${(performance.now() - startedAt).toFixed(2)} ms`,
        `Memory Size: ${lambda.memoryMb} MB`,
        ...worker.taken ? [`Max Memory Used: ${Math.ceil(worker.taken.mostMb)} MB`] : [],
      ].join('\t'));
    });
    worker.invoke({ requestId, functionArn: lambda.arn, traceId: lambda.traced ? traceId : undefined }, event, sink);
  }

  private release(worker: WorkerProcess, alive: boolean): void {
    const finished = this.handlers.get(worker);
    this.handlers.delete(worker);
    if (finished) {
      finished();
      this.inFlight--;
    }
    const at = this.idle.indexOf(worker);
    if (!alive && at >= 0) this.idle.splice(at, 1);
    if (alive && at < 0) this.idle.push(worker);
    if (!this.stopped) this.queue.shift()?.();
  }

  private platform(requestId: string, line: string): void {
    this.options.logs.add({ group: this.lambda.logGroup, kind: 'platform', requestId, line });
  }
}
