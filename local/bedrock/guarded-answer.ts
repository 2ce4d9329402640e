import { Answerer, ConverseEvent, GuardrailConfig, ModelCall } from './converse';
import { type Compared, comparedIn, refuses, type Score, scoresOf } from './grounding-check';
import { assessment, blocks, Find, findsIn, guardedRequest, Guardrail, masked, masks } from './guardrail';

/** An answer that a guardrail has looked at, and the question before it. The guardrail exists here only: who answers hears nothing of it. */
export async function* guardedAnswer(guardrail: Guardrail, config: GuardrailConfig, call: ModelCall, answerer: Answerer): AsyncIterable<ConverseEvent> {
  const { guardrailConfig: _, ...unguarded } = call.request;
  const { finds, request } = guardedRequest(guardrail, unguarded);
  const trace = new Trace(config, finds);
  if (blocks(finds)) {
    yield { messageStart: { role: 'assistant' } };
    yield* blockedEnd(0, guardrail.blockedInputMessaging, trace);
    return;
  }
  const asynchronous = config.streamProcessingMode === 'async' && call.streaming;
  const compared = guardrail.checks?.length ? comparedIn(unguarded) : undefined;
  yield* watched(guardrail, answerer.answer({ ...call, request }), { trace, asynchronous, compared });
}

/** What the guardrail has found so far, as the last event tells it. */
class Trace {
  private readonly output: Find[] = [];
  private readonly scores: Score[] = [];

  constructor(private readonly config: GuardrailConfig, private readonly input: readonly Find[]) {}

  add({ finds, scores = [] }: Pick<Safe, 'finds' | 'scores'>): void {
    this.output.push(...finds);
    this.scores.push(...scores);
  }

  get masked(): boolean {
    return masks([...this.input, ...this.output]);
  }

  /** As a field of the last event; none where the caller asks for none, or nothing was found. */
  get field(): { trace?: object } {
    const { guardrailIdentifier: id, trace } = this.config;
    if ((trace !== 'enabled' && trace !== 'enabled_full') || this.input.length + this.output.length + this.scores.length === 0) return {};
    return {
      trace: {
        guardrail: {
          ...(this.input.length > 0 && { inputAssessment: { [id]: assessment(this.input) } }),
          ...(this.output.length + this.scores.length > 0 && { outputAssessments: { [id]: [assessment(this.output, this.scores)] } }),
        },
      },
    };
  }
}

interface Watch {
  readonly trace: Trace;
  readonly asynchronous: boolean;
  /** What the answer is compared with, where it is. */
  readonly compared?: Compared;
}

/**
 * Watches an answer as it streams. Text is held back while it could still become something to block or mask, and to its end where it is compared with
 * its sources; an asynchronous guardrail lets it go first, and so can mask nothing.
 */
async function* watched(guardrail: Guardrail, events: AsyncIterable<ConverseEvent>, watch: Watch): AsyncIterable<ConverseEvent> {
  const { trace, asynchronous } = watch;
  const held = new HeldText(guardrail, watch);
  for await (const event of events) {
    const text = 'contentBlockDelta' in event && 'text' in event.contentBlockDelta.delta ? event.contentBlockDelta.delta.text : undefined;
    if (text !== undefined && 'contentBlockDelta' in event) {
      const { contentBlockIndex } = event.contentBlockDelta;
      if (asynchronous) yield event;
      const safe = held.take(text);
      trace.add(safe);
      if (blocks(safe.finds)) return yield* blockedEnd(contentBlockIndex, guardrail.blockedOutputsMessaging, trace);
      if (!asynchronous && safe.text !== '') yield delta(contentBlockIndex, safe.text);
      continue;
    }
    if ('contentBlockStop' in event) {
      const rest = held.end();
      trace.add(rest);
      if (refuses(rest.scores ?? [])) return yield* blockedEnd(event.contentBlockStop.contentBlockIndex, guardrail.blockedOutputsMessaging, trace);
      if (!asynchronous && rest.text !== '') yield delta(event.contentBlockStop.contentBlockIndex, rest.text);
    }
    if ('messageStop' in event && trace.masked) yield { messageStop: { stopReason: 'guardrail_intervened' } };
    else yield 'metadata' in event ? { metadata: { ...event.metadata, ...trace.field } } : event;
  }
}

interface Safe {
  readonly text: string;
  /** Each once. */
  readonly finds: readonly Find[];
  /** Of the whole text, at its end. */
  readonly scores?: readonly Score[];
}

/** The end of an answer that is not out yet, with what went before it: a find may begin after a character that counts for it. */
class HeldText {
  private gone = '';
  private open = '';
  private whole = '';
  private readonly hold: number;

  constructor(private readonly guardrail: Guardrail, private readonly watch: Omit<Watch, 'trace'>) {
    this.hold = watch.compared ? Infinity : Math.max(1, ...guardrail.filters.map(({ longest }) => longest));
  }

  take(text: string): Safe {
    this.open += text;
    this.whole += text;
    const finds = this.finds();
    const block = finds.filter(({ action }) => action === 'BLOCK');
    if (block.length > 0) return { text: '', finds: block };
    const edge = this.open.length - this.hold;
    if (edge <= 0) return { text: '', finds: [] };
    // What lies across the edge may still grow.
    return this.release(Math.min(edge, ...finds.filter(({ from, to }) => from < edge && to > edge).map(({ from }) => from)), finds);
  }

  end(): Safe {
    const safe = this.release(this.open.length, this.finds());
    const { compared } = this.watch;
    const scores = compared && scoresOf(this.guardrail.checks ?? [], compared, this.whole);
    this.gone = '';
    this.whole = '';
    return { ...safe, scores };
  }

  private finds(): Find[] {
    const before = this.gone.length;
    return findsIn(this.guardrail, this.gone + this.open, 'output')
      .filter(({ from, action }) => from >= before && !(this.watch.asynchronous && action === 'ANONYMIZE'))
      .map((find) => ({ ...find, from: find.from - before, to: find.to - before }));
  }

  private release(wanted: number, finds: readonly Find[]): Safe {
    // Never through the middle of a character.
    const to = /[\uD800-\uDBFF]/.test(this.open[wanted - 1] ?? '') ? wanted - 1 : wanted;
    const within = finds.filter((find) => find.to <= to);
    const text = masked(this.open.slice(0, to), within);
    this.gone = (this.gone + this.open.slice(0, to)).slice(-this.hold);
    this.open = this.open.slice(to);
    return { text, finds: within };
  }
}

function delta(contentBlockIndex: number, text: string): ConverseEvent {
  return { contentBlockDelta: { contentBlockIndex, delta: { text } } };
}

/** The end of an answer that the guardrail blocked, or all of it. */
function* blockedEnd(index: number, text: string, trace: Trace): Generator<ConverseEvent, void> {
  yield delta(index, text);
  yield { contentBlockStop: { contentBlockIndex: index } };
  yield { messageStop: { stopReason: 'guardrail_intervened' } };
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  yield { metadata: { usage, metrics: { latencyMs: 0 }, ...trace.field } };
}
