import { EventSourceParserStream } from 'eventsource-parser/stream';
import { Answerer, ConverseEvent, ModelCall, Usage } from './converse';
import { AnswerTranslation, CompletionChunk } from './openai-answer';
import { completionRequest } from './openai-request';
import { measure } from './prompt-cache';
import { StreamException } from './struck';
import { AwsFailure } from '../aws/failure';

export interface OpenAiServerOptions {
  /** Up to and including the version, such as `http://127.0.0.1:11434/v1`; `?model=name` chooses one of its models. */
  readonly url: string;
  /** @default - none is sent */
  readonly apiKey?: string;
}

/** Any OpenAI-compatible server in the place of Bedrock's models. */
export class OpenAiServer implements Answerer {
  private readonly base: string;
  private model?: string;

  constructor(private readonly options: OpenAiServerOptions) {
    const url = readServerUrl('modelUrl', options.url);
    this.model = url.searchParams.get('model') ?? undefined;
    this.base = `${url.origin}${url.pathname.replace(/\/$/, '')}`;
  }

  async* answer({ request, signal }: ModelCall): AsyncIterable<ConverseEvent> {
    const model = this.model ??= await this.firstModel(signal);
    const response = await this.call('chat/completions', signal, completionRequest(model, request));
    yield { messageStart: { role: 'assistant' } };
    const translation = new AnswerTranslation();
    let said = 0;
    for await (const chunk of chunks(response)) {
      if (chunk.error) throw new StreamException('modelStreamErrorException', chunk.error.message ?? 'the model server broke off');
      said += 1;
      yield* translation.chunk(chunk);
    }
    // A server that reports no usage sends about one token a chunk.
    yield* translation.end((): Usage => ({ inputTokens: measure(request).total, outputTokens: said, totalTokens: measure(request).total + said }));
  }

  /** Why the server cannot be used as it stands; undefined when it answers. */
  async problem(): Promise<string | undefined> {
    try {
      await this.call('models', AbortSignal.timeout(2_000));
      return undefined;
    } catch (error) {
      if (!(error instanceof AwsFailure)) return `no answer from ${this.base}/models within 2 seconds`;
      // A server need not list its models to somebody who has chosen one.
      return this.model !== undefined && error.code === 'ValidationException' ? undefined : error.message;
    }
  }

  private async firstModel(signal: AbortSignal): Promise<string> {
    const { data } = await (await this.call('models', signal)).json() as { data?: { id: string }[] };
    return data?.[0]?.id ?? unavailable(`${this.base}/models names no model; choose one with ?model=name`);
  }

  private async call(path: string, signal: AbortSignal, body?: object): Promise<Response> {
    const headers = { 'content-type': 'application/json', ...(this.options.apiKey ? { authorization: `Bearer ${this.options.apiKey}` } : {}) };
    const response = await fetch(`${this.base}/${path}`, { signal, headers, ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}) })
      .catch((error: Error) => signal.aborted ? Promise.reject(error) : unavailable(`no answer from ${this.base}/${path}: ${reasonOf(error)}`));
    if (!response.ok) throw failureOf(response.status, `${this.base}/${path} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
    return response;
  }
}

/** Reads the address of a server; `option` is what whoever gave it calls it. */
export function readServerUrl(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new Error(`'${option}' must be an address such as http://127.0.0.1:11434/v1, got ${text}`);
  return url;
}

async function* chunks(response: Response): AsyncIterable<CompletionChunk> {
  if (!response.body) return;
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { data } of events as unknown as AsyncIterable<{ data: string }>) {
    if (data === '[DONE]') return;
    yield JSON.parse(data) as CompletionChunk;
  }
}

function failureOf(status: number, message: string): AwsFailure {
  if (status === 429) return new AwsFailure('ThrottlingException', 429, message);
  if (status === 401 || status === 403) return new AwsFailure('AccessDeniedException', 403, message);
  return status < 500 ? new AwsFailure('ValidationException', 400, message) : new AwsFailure('ServiceUnavailableException', 503, message);
}

function unavailable(message: string): never {
  throw new AwsFailure('ServiceUnavailableException', 503, message);
}

/** fetch says "fetch failed" and hides why in the cause. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message || (error.cause as { code?: string }).code || error.message : error.message;
}
