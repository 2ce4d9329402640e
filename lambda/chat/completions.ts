import { admitAttachments } from './attachments';
import type { StreamEncoder } from './encoder';
import { type AnswerInWhole, openAiCompletion } from './openai-json';
import type { Protocol } from './protocol';
import type { ChatPolicy } from './settings';
import { type AnswerPorts, takeTurn, type TurnPorts } from './turn';
import type { Telling } from './turn-log';
import type { TurnEvent } from './turn-terms';
import { CONVERSATION_HEADER, MODEL_HEADER, ROUTE_HEADER } from '../../lib/contract/chat';
import type { Generated } from '../generation/generation';
import { TurnReport } from '../generation/turn-report';
import { turnUsage } from '../generation/usage';
import { json, type Route } from '../kit/endpoint';
import { countedGroup, groupsIn } from '../kit/groups';
import type { PublishMetrics } from '../kit/metrics';
import type { Finding } from '../ports/model';

/** `POST /v1/chat/completions` and `POST /v1/chat`: one core, and an encoder for what the client wants to read. */
export function completions(protocol: Protocol, policy: ChatPolicy, ports: AnswerPorts | TurnPorts, publish: PublishMetrics): Route {
  return async (call) => {
    const { offer } = policy.models;
    const request = await admitAttachments(protocol.parse(call, offer), call.caller, call.runId, policy, ports.objects);
    const identity = { id: `chatcmpl-${call.requestId}`, created: Math.floor(call.startedAt / 1000), model: offer.name };
    let answering: { readonly name: string; readonly route: string } | undefined;
    const announced: Record<string, string> = {};
    // Known when the answer begins, for until then another model may still take over.
    const headers = () => ({
      ...announced,
      ...(request.conversationId !== undefined && { [CONVERSATION_HEADER]: request.conversationId }),
      ...(answering && { [MODEL_HEADER]: answering.name, [ROUTE_HEADER]: answering.route }),
    });
    call.note({ stream: request.stream, messages: request.messages.length, conversation: request.conversationId !== undefined });

    const groups = groupsIn(call.claims);
    const report = new TurnReport(call.startedAt, ports.clock, { routed: policy.models.routed, group: countedGroup(policy.userGroups, groups) });
    // A turn that was taken before is told again for nothing.
    let repeated = false;
    const settled = () => {
      for (const { about, values, again } of repeated ? [] : report.measured) publish(values, about, again);
      call.note(repeated ? { repeated } : report.all);
    };
    let finish: Generated | undefined;
    const observer: Observer = {
      saw: (event) => {
        const usage = event.type === 'finish' ? event.tokens && turnUsage(event.facts, event.tokens, event.asides) : undefined;
        if (event.type === 'begin') repeated = event.told !== undefined;
        report.note(event);
        if (event.type === 'model') {
          answering = event;
          call.note({ model: event.name, modelRoute: event.route });
        }
        if (event.type === 'retold') return event.usage;
        if (event.type !== 'finish') return undefined;
        call.note({ finishReason: event.reason, ...(event.stopped && { stopped: true }), ...(event.findings && { guardrail: event.findings.map(inWords).join('; ') }) });
        finish = event;
        return usage;
      },
      failed: (error) => report.fail(error),
      ended: () => {
        report.end();
        const stopped = finish?.stopped?.then((tokens) => finish && report.spent(finish.facts, tokens));
        if (!stopped && !report.settling) return settled();
        return call.outlast(Promise.all([stopped, report.settling]).then(settled));
      },
    };
    const telling = { ...identity, includeUsage: request.includeUsage };
    const turn = takeTurn(request, policy, {
      ...call,
      telling,
      groups,
      count: (metric) => report.count(metric),
      measure: (values) => report.measure(values),
      announce: (more) => Object.assign(announced, more),
    }, ports);

    if (!request.stream) {
      const { told, ...end } = await drained(turn, observer);
      return json(openAiCompletion({ ...identity, ...told, ...(answering && { model: answering.name }) }, end), headers());
    }
    const open = (told?: Partial<Telling>) => protocol.stream({ ...telling, ...told, includeUsage: request.includeUsage });
    return {
      status: 200,
      headers: () => ({ ...protocol.headers, ...headers() }),
      body: { frames: encoded(turn, open, observer), failure: protocol.failure },
    };
  };
}

/** For audits: `input content PROMPT_ATTACK BLOCKED HIGH`. */
function inWords({ on, policy, kind, action, confidence }: Finding): string {
  return [on, policy, kind, action, confidence].filter((word) => word !== undefined).join(' ');
}

/** Hears of everything that happens in a turn, whichever way it is told to the client. */
interface Observer {
  /** Gives back the usage that the last event brings. */
  saw(event: TurnEvent): object | undefined;
  failed(error: unknown): void;
  ended(): void;
}

async function* encoded(
  events: AsyncIterable<TurnEvent>, open: (told?: Partial<Telling>) => StreamEncoder, observer: Observer,
): AsyncGenerator<string, void> {
  let encoder = open();
  try {
    for await (const event of events) {
      const usage = observer.saw(event);
      if (event.type === 'finish' || event.type === 'retold') {
        yield encoder.finish({ reason: event.reason, stopped: Boolean(event.stopped), usage, ids: event.ids });
      } else if (event.type === 'begin') {
        if (event.told) encoder = open(event.told);
        encoder.begin(event);
      } else if (event.type !== 'retry' && event.type !== 'spent') {
        yield encoder.event(event);
      }
    }
  } catch (error) {
    observer.failed(error);
    throw error;
  } finally {
    observer.ended();
  }
}

async function drained(events: AsyncIterable<TurnEvent>, observer: Observer): Promise<AnswerInWhole & { readonly told?: Partial<Telling> }> {
  let reasoning = '';
  let told: Partial<Telling> | undefined;
  try {
    for await (const event of events) {
      const usage = observer.saw(event);
      if (event.type === 'begin') told = event.told;
      if (event.type === 'reasoning') reasoning += event.text;
      if (event.type === 'finish' || event.type === 'retold') {
        const { reason, message, stopped, ids } = event;
        return { told, reason, message, stopped: Boolean(stopped), usage, ids, reasoning };
      }
    }
    throw new Error('a turn ended without its last event');
  } catch (error) {
    observer.failed(error);
    throw error;
  } finally {
    observer.ended();
  }
}
