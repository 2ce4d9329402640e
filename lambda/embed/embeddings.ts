import type { EmbeddingPolicy } from '../../lib/contract/diy-rag';
import { measureTokens, tokensEnd, wholeCharacter } from '../chunk/tokens';
import { pauseUnless } from '../kit/pause';
import type { Clock } from '../ports/clock';
import { type EmbeddedAs, type EmbeddingCalls, EmbeddingFailure, type Embeddings, isEmbeddingFailure, type Vector } from '../ports/embeddings';

export interface EmbeddingPorts {
  readonly calls: EmbeddingCalls;
  readonly clock: Pick<Clock, 'pause' | 'chance'>;
  /** Hears of each text that was cut, how many tokens it has. */
  readonly cut?: (tokens: number) => void;
  /** How often a call is tried. @default 8 */
  readonly attempts?: number;
}

/** Most tokens of one call: more takes longer than it saves. */
const CALL_TOKENS = 60_000;
/** Room for what the estimate is wrong by. */
const SURE = 0.9;
const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 20_000;

/**
 * Embeds any number of texts, in calls as large as the model takes them and as many at once as the policy allows. What passes is tried again, after
 * pauses that grow. A text that is too long is cut at its end, at a word, and told of; one without a word is refused, as models refuse it.
 */
export function embeddings({ inputTokens, concurrency, dimension }: EmbeddingPolicy, ports: EmbeddingPorts): Embeddings {
  return {
    async embed(texts, as, signal) {
      const fitting = texts.map((text, at) => fitted(text, at, inputTokens, ports));
      const calls = batches(fitting, ports.calls.mostTexts);
      const vectors: Vector[][] = [];
      const stop = new AbortController();
      const either = AbortSignal.any([signal, stop.signal]);
      const queue = calls.entries();
      const work = async () => {
        for (const [place, batch] of queue) {
          const made = await patiently(batch, as, ports, either);
          if (made.length !== batch.length || made.some(({ length }) => length !== dimension)) {
            throw new EmbeddingFailure('refused', `the model must make one vector of ${dimension} numbers for each of ${batch.length} texts, got ${made.length} of ${made[0]?.length}`);
          }
          vectors[place] = [...made];
        }
      };
      try {
        await Promise.all(Array.from({ length: Math.min(concurrency, calls.length) }, work));
      } catch (error) {
        stop.abort();
        throw error;
      }
      return vectors.flat();
    },
  };
}

function fitted(text: string, at: number, inputTokens: number, { calls, cut }: EmbeddingPorts): string {
  if (text.trim() === '') throw new EmbeddingFailure('refused', `text ${at} has no words to embed`);
  return fittedText(text, inputTokens, calls.mostCharacters, cut);
}

/** A text as the model takes it. */
export function fittedText(text: string, inputTokens: number, characters = Infinity, cut?: EmbeddingPorts['cut']): string {
  const most = Math.max(1, Math.floor(inputTokens * SURE));
  // No text costs more tokens than its characters twice: short ones need no counting.
  if (text.length <= characters && text.length * 2 <= most) return text;
  const tokens = measureTokens(text, 0, text.length);
  if (text.length <= characters && tokens <= most) return text;
  cut?.(Math.round(tokens));
  return text.slice(0, wholeCharacter(text, 0, Math.min(characters, tokensEnd(text, 0, text.length, most)), text.length)).trimEnd() || text[0];
}

function batches(texts: readonly string[], mostTexts: number): string[][] {
  const calls: string[][] = [];
  let tokens = 0;
  for (const text of texts) {
    const more = mostTexts === 1 ? 0 : measureTokens(text, 0, text.length);
    const last = calls.at(-1);
    if (last && last.length < mostTexts && tokens + more <= CALL_TOKENS) last.push(text);
    else calls.push([text]);
    tokens = calls.at(-1) === last ? tokens + more : more;
  }
  return calls;
}

/** One call, tried again after a pause where its failure may pass: anywhere up to twice as long as the last, so that callers do not come back together. */
async function patiently(
  texts: readonly string[], as: EmbeddedAs, { calls, clock, attempts = ATTEMPTS }: EmbeddingPorts, signal: AbortSignal,
): Promise<readonly Vector[]> {
  let asked = texts;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await calls.embed(asked, as, signal);
    } catch (error) {
      if (isEmbeddingFailure(error) && error.tooLong && texts.length === 1 && attempt < ATTEMPTS) {
        asked = [shorter(asked[0])];
        continue;
      }
      if (!isEmbeddingFailure(error) || error.kind === 'refused' || attempt >= attempts || signal.aborted) throw error;
      await pauseUnless(clock.pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + clock.chance() / 2)), signal);
    }
  }
}

/** Where a model counts more tokens than the estimate has. */
function shorter(text: string): string {
  return text.slice(0, wholeCharacter(text, 0, Math.ceil(text.length * 0.75), text.length));
}
