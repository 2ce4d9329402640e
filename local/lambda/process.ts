import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { FRAME, FrameReader, writeFrame, type Failure, type FrameKind, type InvocationHead, type Taken } from './frames';
import type { LambdaFunction } from './function';

/** Where an answer goes while it is made. */
export interface Sink {
  /** Some bytes of the answer, as the handler wrote them; while a promise is pending the handler feels the pressure. */
  data(piece: Buffer): void | Promise<void>;
  /** The answer is complete; the handler may still be at work. */
  end(): void;
  /** Also after `data`, when the handler fails in the middle. */
  fail(failure: Failure): void;
}

export interface WorkerEvents {
  /** The function's time is over; its process ends. */
  onTimeout(requestId: string): void;
  /** The worker is free again. */
  onIdle(): void;
  /** The process is gone; it takes no more invocations. */
  onGone(): void;
  onLine(kind: 'stdout' | 'stderr', line: string, requestId: string | undefined): void;
}

interface Running {
  readonly head: InvocationRequest;
  readonly sink: Sink;
  ended: boolean;
  /** Runs once the event is sent: the start of a process is not the function's time. */
  timer?: NodeJS.Timeout;
}

/** Head of an invocation, before it is known when it starts. */
export type InvocationRequest = Omit<InvocationHead, 'deadline'>;

export const TIMED_OUT = 'Sandbox.Timedout';

/** One child process with one loaded handler; it takes one invocation at a time, as a Lambda environment does. */
export class WorkerProcess {
  /** What it has taken until its last invocation was over. */
  taken?: Taken;
  private readonly child: ChildProcess;
  private readonly socket: Duplex;
  private readonly gone: Promise<void>;
  private readonly partial = { stdout: '', stderr: '' };
  private ready = false;
  private initFailure?: Failure;
  private killedFor?: Failure;
  private running?: Running;
  private waiting?: { head: InvocationRequest; event: string };

  constructor(private readonly lambda: LambdaFunction, node: string, script: string, private readonly events: WorkerEvents) {
    this.child = spawn(node, [script], { cwd: lambda.directory, env: lambda.environment, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    this.socket = this.child.stdio[3] as Duplex;
    const reader = new FrameReader((kind, payload) => this.onFrame(kind, payload), (piece) => this.onData(piece));
    this.socket.on('data', (chunk: Buffer) => reader.push(chunk));
    this.socket.on('error', () => undefined);
    for (const kind of ['stdout', 'stderr'] as const) this.child[kind]?.on('data', (chunk: Buffer) => this.onOutput(kind, chunk.toString()));
    this.child.on('error', (error) => { this.killedFor ??= { errorType: 'Runtime.StartError', errorMessage: error.message }; });
    this.gone = new Promise((resolve) => this.child.once('close', (code, signal) => {
      this.onClose(code, signal);
      resolve();
    }));
  }

  invoke(head: InvocationRequest, event: string, sink: Sink): void {
    this.running = { head, sink, ended: false };
    if (!this.ready) this.waiting = { head, event };
    else this.send(head, event);
  }

  /** Ends the process now; whoever waits for its answer is told why. */
  kill(failure?: Failure): Promise<void> {
    this.killedFor ??= failure;
    this.child.kill('SIGKILL');
    return this.gone;
  }

  private send(head: InvocationRequest, event: string): void {
    const { timeoutMs } = this.lambda;
    this.running!.timer = setTimeout(() => this.timeOut(head.requestId, (timeoutMs / 1000).toFixed(2)), timeoutMs);
    writeFrame(this.socket, FRAME.invoke, JSON.stringify({ ...head, deadline: Date.now() + timeoutMs } satisfies InvocationHead));
    writeFrame(this.socket, FRAME.event, event);
  }

  private timeOut(requestId: string, seconds: string): void {
    this.events.onTimeout(requestId);
    void this.kill({ errorType: TIMED_OUT, errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds` });
  }

  private onFrame(kind: FrameKind, payload: Buffer): void {
    switch (kind) {
      case FRAME.ready:
        this.ready = true;
        if (this.waiting) this.send(this.waiting.head, this.waiting.event);
        this.waiting = undefined;
        return;
      case FRAME.stdout: return this.onOutput('stdout', payload.toString());
      case FRAME.stderr: return this.onOutput('stderr', payload.toString());
      case FRAME.taken:
        this.taken = JSON.parse(payload.toString()) as Taken;
        return;
      case FRAME.end: return this.onEnd();
      case FRAME.done: return this.settle();
      case FRAME.failed: return this.onFailed(JSON.parse(payload.toString()) as Failure);
    }
  }

  private onData(piece: Buffer): void {
    const pressure = this.running?.sink.data(piece);
    if (!pressure) return;
    this.socket.pause();
    void pressure.finally(() => this.socket.resume());
  }

  private onEnd(): void {
    if (!this.running) return;
    this.running.ended = true;
    this.running.sink.end();
  }

  private onFailed(failure: Failure): void {
    this.events.onLine('stderr', `${failure.errorType}: ${failure.errorMessage}\n${failure.trace?.slice(1).join('\n') ?? ''}`.trimEnd(), this.running?.head.requestId);
    if (!this.ready) {
      this.initFailure = failure;
      return;
    }
    this.settle(failure);
  }

  private settle(failure?: Failure): void {
    const { running } = this;
    this.running = undefined;
    clearTimeout(running?.timer);
    this.flush(running?.head.requestId);
    if (failure && running && !running.ended) running.sink.fail(failure);
    this.events.onIdle();
  }

  private onClose(code: number | null, signal: string | null): void {
    const { running } = this;
    this.running = undefined;
    clearTimeout(running?.timer);
    this.flush(running?.head.requestId);
    this.events.onGone();
    if (!running || running.ended) return;
    running.sink.fail(this.killedFor ?? this.initFailure ?? {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${running.head.requestId} Error: Runtime exited with error: ${signal ? `signal: ${signal}` : `exit status ${code}`}`,
    });
  }

  private onOutput(kind: 'stdout' | 'stderr', text: string): void {
    const lines = (this.partial[kind] + text).split('\n');
    this.partial[kind] = lines.pop() ?? '';
    for (const line of lines) this.events.onLine(kind, line, this.running?.head.requestId);
  }

  private flush(requestId: string | undefined): void {
    for (const kind of ['stdout', 'stderr'] as const) {
      if (this.partial[kind]) this.events.onLine(kind, this.partial[kind], requestId);
      this.partial[kind] = '';
    }
  }
}
