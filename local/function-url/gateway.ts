import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FunctionUrl } from './definition';
import { urlEvent, type UrlRequest } from './event';
import { GatewayFailure } from '../gateway/failure';
import { type LocalIdentities, verifySignature } from '../gateway/signature';
import type { Failure } from '../lambda/frames';
import { type FunctionPool, THROTTLED } from '../lambda/pool';
import { type HttpHead, StreamedAnswer } from '../lambda/streamed-answer';

/** Lambda takes no larger event. */
const EVENT_BYTES = 6 * 1024 * 1024;

export interface FunctionUrlOptions {
  readonly urls: readonly FunctionUrl[];
  readonly identities: LocalIdentities;
  functionOf(arn: string): FunctionPool | undefined;
  onNotice(line: string): void;
}

/** The URLs of functions, each under `/<stack>/<URL's logical id>`. Lambda's own answers are short, and in no API's envelope. */
export class FunctionUrls {
  constructor(private readonly options: FunctionUrlOptions) {}

  /** Answers if the address belongs to one of the functions. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    const [path] = (incoming.url ?? '/').split('?');
    const url = this.options.urls.find(({ basePath }) => path === basePath || path.startsWith(`${basePath}/`));
    if (!url) return false;
    outgoing.on('error', () => undefined);
    void this.answer(url, incoming, outgoing).catch((error: Error) => {
      this.options.onNotice(`${incoming.method} ${path}: ${error.stack}`);
      refuse(outgoing, 502, 'Internal Server Error');
    });
    return true;
  }

  private async answer(url: FunctionUrl, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const cors = corsHeaders(url, incoming);
    for (const [name, value] of Object.entries(cors)) outgoing.setHeader(name, value);
    if (incoming.method === 'OPTIONS' && url.cors && incoming.headers['access-control-request-method']) return void outgoing.writeHead(200).end();

    const body = await bodyOf(incoming);
    const request: UrlRequest = {
      url,
      incoming,
      body,
      requestId: randomUUID(),
      header: (name) => incoming.headers[name] as string | undefined,
      trace: `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`,
      httpMethod: incoming.method ?? 'GET',
    };
    if (!url.signed && !url.open) return refuse(outgoing, 403, 'Forbidden');
    let caller;
    try {
      caller = url.signed ? verifySignature(request, this.options.identities, 'lambda').identity : undefined;
    } catch (error) {
      if (!(error instanceof GatewayFailure)) throw error;
      return refuse(outgoing, 403, error.type === 'INVALID_SIGNATURE' ? error.message : 'Forbidden');
    }
    const event = JSON.stringify(urlEvent(request, caller));
    if (Buffer.byteLength(event) > EVENT_BYTES) return refuse(outgoing, 413, `Request must be smaller than ${EVENT_BYTES} bytes for the InvokeFunction operation`);
    return this.invoke(request, event, outgoing);
  }

  private invoke({ url, requestId, trace, incoming }: UrlRequest, event: string, outgoing: ServerResponse): Promise<void> {
    const pool = this.options.functionOf(url.functionArn);
    if (!pool) throw new Error(`the function ${url.functionArn} does not run here`);
    if (!url.streams) throw new Error('the local cloud serves URLs that stream only');
    const answer = new StreamedAnswer(outgoing, (head) => begin(outgoing, head, requestId, trace), () => undefined);
    return new Promise((resolve) => {
      const fail = (failure: Failure) => {
        this.options.onNotice(`${incoming.method} ${url.basePath}: ${failure.errorType}: ${failure.errorMessage}`);
        if (failure.errorType === THROTTLED) refuse(outgoing, 429, 'Rate Exceeded.');
        // Once the head is out, a cut connection is the only way to say that the answer is not whole.
        else if (outgoing.headersSent) outgoing.destroy();
        else refuse(outgoing, 502, 'Internal Server Error');
        resolve();
      };
      const guarded = <Result>(act: () => Result): Result | undefined => {
        try {
          return act();
        } catch (error) {
          fail({ errorType: 'Malformed', errorMessage: (error as Error).message });
          return undefined;
        }
      };
      pool.invoke({
        event,
        traceId: trace,
        sink: {
          data: (piece) => (outgoing.destroyed ? undefined : guarded(() => answer.data(piece))),
          end: () => {
            guarded(() => answer.end());
            resolve();
          },
          fail,
        },
      });
    });
  }
}

function begin(outgoing: ServerResponse, head: HttpHead, requestId: string, trace: string): void {
  for (const [name, value] of Object.entries(head.headers ?? {})) outgoing.setHeader(name, String(value));
  if (head.cookies) outgoing.setHeader('set-cookie', [...head.cookies]);
  outgoing.writeHead(head.statusCode ?? 200, { 'x-amzn-requestid': requestId, 'x-amzn-trace-id': trace });
}

function corsHeaders({ cors }: FunctionUrl, { headers, method }: IncomingMessage): Record<string, string> {
  const { origin } = headers;
  if (!cors || origin === undefined || !cors.AllowOrigins?.includes(origin)) return {};
  return {
    'access-control-allow-origin': origin,
    'vary': 'Origin',
    ...(method === 'OPTIONS' ? {
      'access-control-allow-methods': (cors.AllowMethods ?? []).join(','),
      'access-control-allow-headers': (cors.AllowHeaders ?? []).join(','),
      ...(cors.MaxAge !== undefined && { 'access-control-max-age': String(cors.MaxAge) }),
    } : { 'access-control-expose-headers': (cors.ExposeHeaders ?? []).join(',') }),
  };
}

function refuse(outgoing: ServerResponse, status: number, message: string): void {
  if (outgoing.destroyed || outgoing.headersSent) return;
  outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ Message: message }));
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
