import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { FRAME, FrameReader, writeFrame, type Failure, type FrameKind, type InvocationHead, type Taken } from './frames';

/**
 * What Lambda's Node.js runtime is to a handler: it loads it, gives it one event at a time, and carries its answer out.
 * Runs alone in a child process, as plain JavaScript; the pool speaks to it over file descriptor 3.
 */
type Handler = (event: unknown, second: unknown, third?: unknown) => unknown;
type StreamingHandler = Handler & { [STREAMING]?: string };

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const PRELUDE_END = new Uint8Array(8);
const MB = 1_048_576;

const pool = new Socket({ fd: 3, readable: true, writable: true });
// Nobody is left to answer to when the pool is gone.
pool.on('close', () => process.exit(0));
pool.on('error', () => process.exit(0));

for (const [output, kind] of [[process.stdout, FRAME.stdout], [process.stderr, FRAME.stderr]] as const) {
  output.write = ((chunk: Uint8Array | string, encoding?: unknown, callback?: unknown) => {
    writeFrame(pool, kind, chunk);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done as () => void);
    return true;
  }) as typeof output.write;
}

/** The answer of a streaming handler. As in Lambda, only `write` sends the HTTP head before it: a stream that is merely ended has none. */
class ResponseStream extends Writable {
  _onBeforeFirstWrite?: (write: (bytes: Uint8Array | string) => unknown) => void;
  contentType = 'application/octet-stream';
  private written = false;

  setContentType(contentType: string) {
    if (this.written) throw new Error('Cannot set content-type, too late.');
    this.contentType = contentType;
  }

  override write(chunk: unknown, ...rest: unknown[]): boolean {
    const write = super.write.bind(this) as (...args: unknown[]) => boolean;
    if (!this.written) {
      this.written = true;
      this._onBeforeFirstWrite?.((bytes) => write(bytes));
    }
    return write(typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk), ...rest);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void) {
    writeFrame(pool, FRAME.data, chunk, callback);
  }
}

Object.assign(globalThis, {
  awslambda: {
    streamifyResponse: (handler: StreamingHandler) => Object.assign(handler, { [STREAMING]: 'response' }),
    HttpResponseStream: {
      from(answer: ResponseStream, head: object) {
        answer.setContentType('application/vnd.awslambda.http-integration-response');
        answer._onBeforeFirstWrite = (write) => {
          write(JSON.stringify(head));
          write(PRELUDE_END);
        };
        return answer;
      },
    },
  },
});

async function loadHandler(): Promise<StreamingHandler> {
  const [, file, exported] = /^(.+)\.([^.]+)$/.exec(process.env._HANDLER ?? '') ?? [];
  const base = join(process.env.LAMBDA_TASK_ROOT ?? '', file ?? '');
  const path = ['.js', '.cjs', '.mjs'].map((extension) => base + extension).find(existsSync);
  if (!path) throw Object.assign(new Error(`Cannot find module '${file}'`), { name: 'Runtime.ImportModuleError' });
  const module = (path.endsWith('.mjs') ? await import(pathToFileURL(path).href) : await requireOrImport(path)) as Record<string, unknown>;
  const handler = module[exported];
  if (typeof handler !== 'function') throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  return handler as StreamingHandler;
}

async function requireOrImport(path: string): Promise<unknown> {
  try {
    return createRequire(path)(path);
  } catch (error) {
    // A package.json beside it may say that .js means ESM.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_REQUIRE_ESM') throw error;
    return import(pathToFileURL(path).href);
  }
}

async function invoke(handler: StreamingHandler, head: InvocationHead, event: unknown) {
  if (head.traceId) process.env._X_AMZN_TRACE_ID = head.traceId;
  try {
    if (handler[STREAMING]) {await stream(handler, head, event);} else {
      const answer = JSON.stringify(await call(handler, head, event)) ?? 'null';
      writeFrame(pool, FRAME.data, answer);
      writeFrame(pool, FRAME.end);
    }
    writeFrame(pool, FRAME.taken, JSON.stringify(taken()));
    writeFrame(pool, FRAME.done);
  } catch (error) {
    writeFrame(pool, FRAME.taken, JSON.stringify(taken()));
    writeFrame(pool, FRAME.failed, JSON.stringify(failure(error)));
  }
}

function taken(): Taken {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { mostMb: mostMb() ?? rss / MB, heapMb: heapUsed / MB, cpuMs: (user + system) / 1_000 };
}

/** The highest that the kernel has seen. What `resourceUsage()` has for it begins with what the process was started from held; only Linux says better. */
function mostMb(): number | undefined {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1_024;
  } catch {
    return undefined;
  }
}

async function stream(handler: StreamingHandler, head: InvocationHead, event: unknown) {
  const answer = new ResponseStream();
  const finished = new Promise<void>((resolve, reject) => answer.once('finish', resolve).once('error', reject));
  // Whoever awaits the handler first hears of an error of the stream too.
  finished.catch(() => undefined);
  answer.once('finish', () => writeFrame(pool, FRAME.end));
  await handler(event, answer, context(head));
  await finished;
}

function call(handler: Handler, head: InvocationHead, event: unknown): Promise<unknown> {
  // Handlers with a callback are gone since Node.js 24; a third parameter is refused as it is there.
  if (handler.length >= 3) return Promise.reject(Object.assign(new Error('callback-based handlers are not supported'), { name: 'Runtime.CallbackHandlerDeprecated' }));
  return Promise.resolve(handler(event, context(head)));
}

function context({ requestId, deadline, functionArn }: InvocationHead) {
  const env = process.env;
  return {
    awsRequestId: requestId,
    invokedFunctionArn: functionArn,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function failure(error: unknown): Failure {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') };
}

function main() {
  let handler: StreamingHandler | undefined;
  let head: InvocationHead | undefined;
  const onFrame = (kind: FrameKind, payload: Buffer) => {
    if (kind === FRAME.invoke) head = JSON.parse(payload.toString()) as InvocationHead;
    else if (kind === FRAME.event && handler && head) void invoke(handler, head, JSON.parse(payload.toString()));
  };
  const reader = new FrameReader(onFrame, () => undefined);
  pool.on('data', (chunk: Buffer) => reader.push(chunk));
  loadHandler().then((loaded) => {
    handler = loaded;
    writeFrame(pool, FRAME.ready);
  }, (error) => writeFrame(pool, FRAME.failed, JSON.stringify(failure(error)), () => process.exit(1)));
}

main();
