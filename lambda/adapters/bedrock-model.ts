import {
  type BedrockRuntimeClient, type ContentBlock, ConverseCommand, type ConverseResponse, type ConverseStreamCommandInput, ConverseStreamCommand,
  type ConverseStreamOutput, type GuardrailConverseContentQualifier, type GuardrailStreamConfiguration, type GuardrailTraceAssessment,
  type SystemContentBlock, type TokenUsage as ConverseUsage, type ToolConfiguration,
} from '@aws-sdk/client-bedrock-runtime';
import { RefusedExtras } from './bedrock-extras';
import { findingsOf } from './guardrail-findings';
import { type Block, type Model, type ModelEvent, ModelFailure, type Prompt, type TokenUsage } from '../ports/model';

export interface BedrockModelOptions {
  /** Hears once of each extra, such as a tier or a cache point, that a model does not take and is asked without from then on. */
  readonly refusedExtra?: (extra: string) => void;
}

/** A model behind the Bedrock runtime's Converse API. The client must not retry: the core does, for it knows what has been said. */
export function bedrockModel(client: BedrockRuntimeClient, { refusedExtra = () => undefined }: BedrockModelOptions = {}): Model {
  const refused = new RefusedExtras(refusedExtra);
  return {
    async* answer(prompt, signal) {
      for (let input = refused.leaveOut(converseInput(prompt)); ; input = refused.leaveOut(input)) {
        let begun = false;
        try {
          if (!prompt.streaming) return yield* wholeAnswer(await client.send(new ConverseCommand(input), { abortSignal: signal }));
          const { stream = [] } = await client.send(new ConverseStreamCommand(input), { abortSignal: signal });
          for await (const raw of stream) {
            for (const event of streamedEvents(raw)) {
              begun = true;
              yield event;
            }
          }
          return;
        } catch (error) {
          if (begun || !refused.learn(error, input)) throw translated(error);
        }
      }
    },
  };
}

export function converseInput(prompt: Prompt): ConverseStreamCommandInput {
  const { guardrail, cache, serviceTier } = prompt;
  const cachePoint = cache && { type: 'default' as const, ...(cache.lifetime === '1h' && { ttl: cache.lifetime }) };
  const pointIf = (wanted: boolean | undefined) => wanted && cachePoint ? [{ cachePoint }] : [];
  return {
    modelId: prompt.modelId,
    ...(prompt.system.length > 0 && { system: prompt.system.flatMap((text, at) => [systemBlock(text), ...pointIf(at === cache?.afterSystem)]) }),
    messages: prompt.messages.map(({ role, content }, at) => (
      { role, content: [...content.map(converseBlock), ...pointIf(cache?.afterMessages.includes(at))] }
    )),
    inferenceConfig: {
      maxTokens: prompt.maxTokens,
      temperature: prompt.temperature,
      topP: prompt.topP,
      ...(prompt.stop.length > 0 && { stopSequences: [...prompt.stop] }),
    },
    ...(prompt.tools.length > 0 && { toolConfig: toolConfiguration(prompt, pointIf(cache?.afterTools)) }),
    ...(guardrail && { guardrailConfig: guardrailConfiguration(guardrail) }),
    ...(prompt.schema && { outputConfig: outputConfiguration(prompt.schema) }),
    ...(serviceTier && { serviceTier: { type: serviceTier } }),
  };
}

/** Synchronous unless the builder chose: the other mode lets words through before they are checked. The trace tells what was masked from what was blocked. */
function guardrailConfiguration({ id, version, asynchronous }: NonNullable<Prompt['guardrail']>): GuardrailStreamConfiguration {
  return { guardrailIdentifier: id, guardrailVersion: version, streamProcessingMode: asynchronous ? 'async' : 'sync', trace: 'enabled' };
}

function outputConfiguration({ name, description, schema }: NonNullable<Prompt['schema']>): ConverseStreamCommandInput['outputConfig'] {
  return { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema), name, ...(description && { description }) } } } };
}

function systemBlock({ text, guarded }: { text: string; guarded?: boolean }): SystemContentBlock {
  return guarded ? { guardContent: { text: { text } } } : { text };
}

/** What a block is to the check of answers against their sources; without a word on it, it is looked at like any other. */
function qualifiers(guarded: true | 'source' | 'query'): { readonly qualifiers?: GuardrailConverseContentQualifier[] } {
  if (guarded === true) return {};
  return { qualifiers: guarded === 'source' ? ['grounding_source'] : ['query', 'guard_content'] };
}

function converseBlock(block: Block): ContentBlock {
  switch (block.kind) {
    case 'text':
      return block.guarded ? { guardContent: { text: { text: block.text, ...qualifiers(block.guarded) } } } : { text: block.text };
    case 'image': {
      const source = { bytes: Buffer.from(block.data, 'base64') };
      if (block.guarded && (block.format === 'png' || block.format === 'jpeg')) return { guardContent: { image: { format: block.format, source } } };
      return { image: { format: block.format, source } };
    }
    case 'document':
      return { document: { format: block.format, name: block.name, source: { bytes: block.content } } };
    case 'toolUse':
      return { toolUse: { toolUseId: block.id, name: block.name, input: block.input as never } };
    case 'toolResult':
      return { toolResult: { toolUseId: block.id, content: [{ text: block.text }], ...(block.failed && { status: 'error' }) } };
  }
}

function toolConfiguration({ tools, toolChoice }: Prompt, cachePoint: ToolConfiguration['tools'] & object): ToolConfiguration {
  return {
    tools: [...tools.map(({ name, description, schema }) => ({
      toolSpec: { name, ...(description && { description }), inputSchema: { json: schema as never } },
    })), ...cachePoint],
    ...(typeof toolChoice === 'object' && { toolChoice: { tool: { name: toolChoice.name } } }),
    ...(toolChoice === 'required' && { toolChoice: { any: {} } }),
  };
}

/** As a list and not as a generator: an answer has hundreds of them, and nearly each is one event. */
function streamedEvents({ contentBlockDelta, contentBlockStart, messageStop, metadata }: ConverseStreamOutput): readonly ModelEvent[] {
  if (contentBlockDelta) {
    const { delta, contentBlockIndex: block = 0 } = contentBlockDelta;
    if (delta?.text !== undefined) return [{ type: 'text', text: delta.text }];
    if (delta?.toolUse) return [{ type: 'toolInput', block, json: delta.toolUse.input ?? '' }];
    if (delta?.reasoningContent?.text !== undefined) return [{ type: 'reasoning', text: delta.reasoningContent.text }];
  }
  if (contentBlockStart?.start?.toolUse) {
    const { toolUseId = '', name = '' } = contentBlockStart.start.toolUse;
    return [{ type: 'toolStart', block: contentBlockStart.contentBlockIndex ?? 0, id: toolUseId, name }];
  }
  if (messageStop) return [{ type: 'stop', reason: messageStop.stopReason ?? '' }];
  if (!metadata) return [];
  const { usage, serviceTier, trace } = metadata;
  return [...assessed(trace?.guardrail), ...usage ? [usageEvent(usage, serviceTier, trace)] : []];
}

function assessed(trace: GuardrailTraceAssessment | undefined): readonly ModelEvent[] {
  const findings = trace ? findingsOf(trace) : [];
  return findings.length > 0 ? [{ type: 'assessed', findings }] : [];
}

/** The same events from an answer that came in one piece. */
function* wholeAnswer({ output, stopReason, usage, serviceTier, trace }: ConverseResponse): Generator<ModelEvent> {
  yield* assessed(trace?.guardrail);
  for (const [block, { text, toolUse, reasoningContent }] of (output?.message?.content ?? []).entries()) {
    if (text !== undefined) yield { type: 'text', text };
    if (reasoningContent?.reasoningText?.text !== undefined) yield { type: 'reasoning', text: reasoningContent.reasoningText.text };
    if (toolUse) {
      yield { type: 'toolStart', block, id: toolUse.toolUseId ?? '', name: toolUse.name ?? '' };
      yield { type: 'toolInput', block, json: JSON.stringify(toolUse.input ?? {}) };
    }
  }
  if (stopReason) yield { type: 'stop', reason: stopReason };
  if (usage) yield usageEvent(usage, serviceTier, trace);
}

/** A prompt router says in its trace which model it asked. */
function usageEvent(usage: ConverseUsage, tier: ConverseResponse['serviceTier'], trace: ConverseResponse['trace']): ModelEvent {
  const modelId = trace?.promptRouter?.invokedModelId;
  return { type: 'usage', usage: usageOf(usage, tier), ...(modelId && { modelId }) };
}

function usageOf(usage: ConverseUsage, tier: ConverseResponse['serviceTier']): TokenUsage {
  const hour = (usage.cacheDetails ?? []).reduce((sum, { ttl, inputTokens = 0 }) => ttl === '1h' ? sum + inputTokens : sum, 0);
  return {
    input: usage.inputTokens ?? 0,
    output: usage.outputTokens ?? 0,
    cacheRead: usage.cacheReadInputTokens ?? 0,
    cacheWrite: usage.cacheWriteInputTokens ?? 0,
    ...(hour > 0 && { cacheWriteHour: hour }),
    ...(tier?.type !== undefined && tier.type !== 'default' && { tier: tier.type }),
  };
}

const THROTTLED = ['ThrottlingException', 'ServiceQuotaExceededException', 'TooManyRequestsException', 'ModelNotReadyException'];
const UNAVAILABLE = ['ServiceUnavailableException', 'InternalServerException', 'ModelErrorException', 'ModelTimeoutException', 'ModelStreamErrorException'];
const TOO_LONG = /too long|context (length|window|limit)|maximum (context|number of) |exceeds? the (max|model)|too many (input )?tokens/i;

/** The same names come as HTTP errors and, after status 200, inside the stream, where they start with a small letter. */
function translated(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ModelFailure || isMistake(error)) return error;
  const behind = { cause: error };
  const name = error.name.charAt(0).toUpperCase() + error.name.slice(1);
  if (THROTTLED.includes(name)) return new ModelFailure('throttled', error.message, behind);
  if (UNAVAILABLE.includes(name)) return new ModelFailure('unavailable', 'The model failed while it was answering. Try again shortly.', behind);
  if (name === 'ValidationException') return new ModelFailure(TOO_LONG.test(error.message) ? 'tooLong' : 'refused', error.message, behind);
  // What has no answer from the service at all is the network's failure.
  if (!('$metadata' in error) || (error.$metadata as { httpStatusCode?: number }).httpStatusCode === undefined) {
    return new ModelFailure('unavailable', 'The connection to the model broke. Try again shortly.', behind);
  }
  return error;
}

/** A mistake in the code is nothing that passes. */
function isMistake(error: Error): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
