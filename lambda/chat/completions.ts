import { openAiCompletion } from './openai-json';
import { openAiFailure, openAiStream } from './openai-stream';
import { parseChatRequest } from './request';
import type { TurnPolicy } from './settings';
import { takeTurn, type TurnEvent, type TurnPorts } from './turn';
import { CHAT_METRICS, CONVERSATION_HEADER } from '../../lib/contract/chat';
import type { Call } from '../kit/call';
import { json, type Route } from '../kit/endpoint';
import { ApiError } from '../kit/http';
import type { PublishMetrics } from '../kit/metrics';
import type { Clock } from '../ports/clock';

/** The metrics that are times; all others are counts. */
export const CHAT_DURATIONS = [CHAT_METRICS.timeToFirstToken, CHAT_METRICS.turnDuration];

/** `POST /v1/chat/completions`: one core, and an encoder for what the client wants to read. */
export function completions(policy: TurnPolicy, ports: TurnPorts, publish: PublishMetrics): Route {
  return async (call) => {
    const request = parseChatRequest(call, policy.facts);
    const identity = { id: `chatcmpl-${call.requestId}`, created: Math.floor(call.startedAt / 1000), model: policy.facts.name };
    const headers = request.conversationId === undefined ? undefined : { [CONVERSATION_HEADER]: request.conversationId };
    call.note({ stream: request.stream, messages: request.messages.length, conversation: request.conversationId !== undefined });
    const turn = takeTurn(request, policy, { requestId: call.requestId, caller: call.caller, until: call.until, signal: call.signal }, ports);
    const events = measured(turn, call, ports.clock, publish);

    if (!request.stream) return json(await openAiCompletion(events, identity), headers);
    return {
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no', ...headers },
      body: { frames: openAiStream(events, identity, request.includeUsage), failure: openAiFailure },
    };
  };
}

/** The same events; what they tell goes into the metrics and the request's line in the log, whichever way the turn ends. */
async function* measured(events: AsyncIterable<TurnEvent>, call: Call, clock: Clock, publish: PublishMetrics): AsyncGenerator<TurnEvent, void> {
  const told: Record<string, number> = { [CHAT_METRICS.turns]: 0, [CHAT_METRICS.errors]: 0, [CHAT_METRICS.throttles]: 0, [CHAT_METRICS.guardrailBlocks]: 0 };
  let silent = true;
  try {
    for await (const event of events) {
      if (event.type === 'retry') {
        told[CHAT_METRICS.throttles] += event.reason === 'throttled' ? 1 : 0;
      } else if (silent) {
        silent = false;
        told[CHAT_METRICS.timeToFirstToken] = clock.now() - call.startedAt;
      }
      if (event.type === 'finish') {
        Object.assign(told, {
          [CHAT_METRICS.turns]: 1,
          [CHAT_METRICS.guardrailBlocks]: event.reason === 'content_filter' ? 1 : 0,
          [CHAT_METRICS.inputTokens]: event.usage?.prompt_tokens,
          [CHAT_METRICS.outputTokens]: event.tokens?.output,
          [CHAT_METRICS.cacheReadTokens]: event.tokens?.cacheRead,
          [CHAT_METRICS.cost]: event.usage?.cost,
        });
        call.note({ finishReason: event.reason });
      }
      yield event;
    }
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 500;
    told[CHAT_METRICS.errors] = status >= 500 ? 1 : 0;
    told[CHAT_METRICS.throttles] += status === 429 ? 1 : 0;
    throw error;
  } finally {
    told[CHAT_METRICS.turnDuration] = clock.now() - call.startedAt;
    publish(told);
    call.note(told);
  }
}
