import type { ModelFacts } from '../../lib/contract/model';
import type { Spent } from '../generation/usage';
import type { Clock } from '../ports/clock';
import type { Model, Prompt, TokenUsage } from '../ports/model';

export interface AsidePorts {
  readonly model: Model;
  readonly clock: Pick<Clock, 'every'>;
  /** Aborted when the request's time is up. */
  readonly signal: AbortSignal;
}

/** What a model says beside the answer. */
export interface Aside {
  /** Undefined where it failed, or was late. */
  readonly text?: string;
  readonly spent: Spent;
}

/** How long a model that is late is heard out, for what it took. */
const LONGEST_HEARING_MS = 30_000;

/** Asks a model for a few words that an answer does not depend on: one that is down or late holds nothing up. */
export async function aside(prompt: Prompt, facts: ModelFacts, milliseconds: number, { model, clock, signal }: AsidePorts): Promise<Aside> {
  const hearing = new AbortController();
  let usage: TokenUsage | undefined;
  const heard = (async () => {
    let text = '';
    for await (const event of model.answer(prompt, hearing.signal)) {
      if (event.type === 'text') text += event.text;
      if (event.type === 'usage') usage = event.usage;
    }
    return text;
  })().catch(() => undefined);
  let late: () => void = () => undefined;
  const tooLate = new Promise<'late'>((resolve) => { late = () => resolve('late'); });
  const rest = clock.every(milliseconds, late);
  if (signal.aborted) late();
  signal.addEventListener('abort', late, { once: true });
  const said = await Promise.race([heard.then((text) => ({ text })), tooLate]).finally(() => {
    rest();
    signal.removeEventListener('abort', late);
  });
  if (said !== 'late') return { text: said.text, spent: { facts, tokens: Promise.resolve(usage) } };
  const enough = clock.every(LONGEST_HEARING_MS, () => hearing.abort());
  return { spent: { facts, tokens: heard.then(() => usage).finally(enough) } };
}
