import type { Generated, GenerationEvent } from '../generation/generation';
import { Sentences } from '../kit/sentences';
import type { Clock } from '../ports/clock';

/** How the words of an answer are told on. */
export interface Manner {
  /** Longest time that the beginning of a sentence waits for its end. */
  readonly holdMs: number;
  /** What becomes of sentences: as many texts, in their order. */
  readonly change?: (sentences: readonly string[]) => Promise<readonly string[]>;
}

type Voice = 'text' | 'reasoning';

/**
 * An answer by sentences. The model is heard on while sentences are changed, and those that are complete by then are changed together,
 * so that the answer never falls further behind than one change takes. What is no text keeps its place.
 */
export async function* told(events: AsyncIterable<GenerationEvent>, { holdMs, change }: Manner, clock: Clock): AsyncGenerator<GenerationEvent, void> {
  const heard = new Heard(events);
  const sentences = new Sentences();
  let voice: Voice = 'text';
  let ready: string[] = [];
  let words = '';
  let rest: (() => void) | undefined;
  let due = false;

  const hold = (on: boolean) => {
    rest?.();
    due = false;
    rest = on ? clock.every(holdMs, () => {
      due = true;
      heard.wake();
    }) : undefined;
  };
  async function* tell(all: boolean): AsyncGenerator<GenerationEvent, void> {
    const complete = all ? [...ready, ...sentences.flush()] : ready;
    ready = [];
    if (complete.length === 0) return;
    const text = (change ? await changed(complete, change) : complete).join('');
    hold(sentences.holds);
    if (voice === 'text') words += text;
    if (text !== '') yield { type: voice, text };
  }

  try {
    for (;;) {
      const { events: some, ended, error } = await heard.next();
      // What was not changed is not told, and a change would hold up an error, which may be that time is up.
      if (error && change) {
        yield* some.filter(isAside);
        throw error.reason;
      }
      for (const event of some) {
        if (event.type === 'text' || event.type === 'reasoning') {
          if (event.type !== voice) yield* tell(true);
          voice = event.type;
          const held = sentences.holds;
          ready.push(...sentences.take(event.text));
          if (!held && sentences.holds) hold(true);
        } else {
          // Calls of tools and the end come after what was said before them; what happens behind the answer waits for nothing.
          if (event.type === 'toolCall' || event.type === 'finish') yield* tell(true);
          yield event.type === 'finish' && change ? rewritten(event, words) : event;
        }
      }
      yield* tell(due || ended);
      if (error) throw error.reason;
      if (ended) return;
    }
  } catch (error) {
    // What happened behind the answer while sentences were changed was paid for all the same.
    yield* heard.take().events.filter(isAside);
    throw error;
  } finally {
    hold(false);
    heard.stop();
  }
}

function isAside({ type }: GenerationEvent): boolean {
  return type === 'retry' || type === 'spent';
}

/** What is kept is what was told. */
function rewritten(finish: Generated, words: string): Generated {
  return { ...finish, message: { ...finish.message, content: words === '' ? null : words } };
}

/** White space between sentences stays as it is: there is nothing to change in it, and a function is paid for by the call. */
async function changed(sentences: readonly string[], change: NonNullable<Manner['change']>): Promise<readonly string[]> {
  const spoken = sentences.filter((sentence) => sentence.trim() !== '');
  const texts = spoken.length > 0 ? [...await change(spoken)] : [];
  return sentences.map((sentence) => sentence.trim() === '' ? sentence : texts.shift() ?? '');
}

interface Some {
  readonly events: readonly GenerationEvent[];
  readonly ended: boolean;
  readonly error?: { readonly reason: unknown };
}

/** Events that are listened to whether or not anybody takes them. */
class Heard {
  private readonly iterator: AsyncIterator<GenerationEvent>;
  private events: GenerationEvent[] = [];
  private ended = false;
  private error?: { readonly reason: unknown };
  private awake = false;
  private onWake?: () => void;

  constructor(events: AsyncIterable<GenerationEvent>) {
    this.iterator = events[Symbol.asyncIterator]();
    void this.listen();
  }

  /** What has been heard since, as soon as there is something or somebody wakes. */
  async next(): Promise<Some> {
    if (!this.awake) await new Promise<void>((resolve) => { this.onWake = resolve; });
    this.awake = false;
    return this.take();
  }

  /** What has been heard since. */
  take(): Some {
    const { events, ended, error } = this;
    this.events = [];
    return { events, ended, error };
  }

  wake(): void {
    this.awake = true;
    this.onWake?.();
    this.onWake = undefined;
  }

  /** Not awaited: a model that has fallen silent would not hear of it. */
  stop(): void {
    if (!this.ended) void this.iterator.return?.()?.catch(() => undefined);
  }

  private async listen(): Promise<void> {
    try {
      for (let next = await this.iterator.next(); !next.done; next = await this.iterator.next()) {
        this.events.push(next.value);
        this.wake();
      }
    } catch (reason) {
      this.error = { reason };
    }
    this.ended = true;
    this.wake();
  }
}
