import { createHash } from 'node:crypto';
import { belongsTo, type Tenant } from './isolation';
import { negationsIn } from './negations';
import { lookedUp, QUESTION_CHARACTERS } from './questions';
import type { AnswerCachePolicy } from '../../lib/contract/answer-cache';
import type { ModelFacts } from '../../lib/contract/model';
import type { Answers, AskedIndex, KeptAnswer, KeptQuestion } from '../ports/answers';
import type { Clock } from '../ports/clock';
import type { Filter } from '../ports/passages';

export interface AnswerCachePorts {
  readonly answers: Answers;
  readonly index: AskedIndex;
  readonly clock: Pick<Clock, 'now' | 'every'>;
}

/** What an answer depends on besides its question and what the builder decided. */
export interface Asking {
  readonly filter?: Filter;
  /** Most passages that it is given from. */
  readonly most: number;
  readonly maxTokens?: number;
  /** The models that may answer, in their order. */
  readonly models: readonly ModelFacts[];
  /** The one that was asked for by its name. */
  readonly model?: string;
  readonly tenant?: Tenant;
  readonly user?: string;
  /** That it is to be answered anew, and kept in the place of what was answered before. */
  readonly fresh?: boolean;
}

/** What is known of a question. */
export interface Recalled {
  /** The answer to one that is nearly the same. */
  readonly hit?: KeptAnswer;
  /** Keeps the answer that is given instead; absent where it cannot be. */
  readonly keep?: (answer: Pick<KeptAnswer, 'text' | 'model' | 'passages'>) => Promise<void>;
  /** That the cache could not be asked. */
  readonly failed?: true;
}

/** Raised where the code answers otherwise from the same passages. */
const VERSION = 3;
/** What has not been found by then is answered sooner. */
const PATIENCE_MS = 1_500;

/** Answers that were given before, told again to whoever asks nearly the same of the same documents under the same rules. */
export class AnswerCache {
  private readonly rules: string;

  /** @param rules all that the builder decided and the code says about how answers are given */
  constructor(rules: readonly unknown[], private readonly terms: AnswerCachePolicy, private readonly ports: AnswerCachePorts) {
    this.rules = hashOf([VERSION, rules]);
  }

  /** Looks a question up that is understood by itself. Whatever fails, it is answered. */
  async recall(question: string, asking: Asking, signal: AbortSignal): Promise<Recalled> {
    // What is longer is embedded in part, and the rest may say anything.
    if (question.trim().length > QUESTION_CHARACTERS) return {};
    let late: () => void = () => undefined;
    const tooLate = new Promise<Recalled>((resolve) => { late = () => resolve({ failed: true }); });
    const rest = this.ports.clock.every(PATIENCE_MS, late);
    return Promise.race([this.look(question, asking, signal).catch((): Recalled => ({ failed: true })), tooLate]).finally(rest);
  }

  private async look(question: string, asking: Asking, signal: AbortSignal): Promise<Recalled> {
    const { terms, ports: { answers, index, clock } } = this;
    const now = clock.now();
    const { id: asked, embeddings } = await index.current();
    // Before anything is looked up: what changes from here on is in another generation.
    const scoped = answers.generation(asking.tenant?.value).then(async ({ id, changedAt }) => {
      const scope = this.scopeOf(asking, [asked, id]);
      return { scope, changedAt, kept: await answers.questions(scope, now) };
    });
    const [{ scope, changedAt, kept }, [vector]] = await Promise.all([scoped, embeddings.embed([lookedUp(question)], 'query', signal)]);
    const telling = tellingOf(question);
    const best = asking.fresh ? undefined : nearest(vector, telling, kept, terms.similarity);
    const found = best && await answers.find(best.answer);
    if (found && isWhole(found, scope, asking, now - terms.seconds * 1000)) return { hit: found };
    if (changedAt + terms.lagSeconds * 1000 > now) return {};
    const expiresAt = Math.ceil(now / 1000) + terms.seconds;
    return { keep: (answer) => answers.keep({ vector, telling }, { ...answer, scope, answeredAt: clock.now() }, expiresAt) };
  }

  /** Everything in which two answers to one question may differ; written so that no part of it can be taken for another. */
  private scopeOf({ filter, most, maxTokens, models, model, tenant, user }: Asking, generation: readonly string[]): string {
    const whose = [tenant?.field, tenant?.value, user];
    return hashOf([this.rules, generation, whose, filter, most, maxTokens, model, models.map(({ id }) => id)]);
  }
}

/** The nearest question that is near enough, of equals the newest. */
function nearest(vector: readonly number[], telling: string, kept: readonly KeptQuestion[], similarity: number): KeptQuestion | undefined {
  let best: { readonly question: KeptQuestion; readonly near: number } | undefined;
  for (const question of kept) {
    if (question.telling !== telling || question.vector.length !== vector.length) continue;
    const near = cosine(vector, question.vector);
    // Numbers are kept rounded.
    if (near >= similarity - ROUNDING && (!best || near > best.near + ROUNDING)) best = { question, near };
  }
  return best?.question;
}

const ROUNDING = 1e-3;

function cosine(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let [product, first, second] = [0, 0, 0];
  for (let at = 0; at < one.length; at++) {
    product += one[at] * other[at];
    first += one[at] * one[at];
    second += other[at] * other[at];
  }
  return product / (Math.sqrt(first * second) || 1);
}

/** Words with the sign that stands before a number, and those behind a name: "-5", "C++". */
const WORDS = /(?:(?<![\p{L}\p{N}])[-+\u2212])?[\p{L}\p{N}]+(?:[.,:/-]\p{N}+)*[+#]*/gu;

/**
 * Numbers, and names in capitals, in their order: "leave in 2025" and "leave in 2026" are near, "SAP to AWS" and "AWS to SAP" nearer, and ask two things each. So do
 * "what is covered" and "what is not covered": how often it is said that something is not so comes before them.
 */
function tellingOf(question: string): string {
  const words = question.normalize('NFKC').match(WORDS) ?? [];
  const told = words.filter((word) => /\p{N}/u.test(word) || /^\p{Lu}+[+#]*$/u.test(word)).map((word) => word.replace('\u2212', '-').toLowerCase());
  return ['!'.repeat(negationsIn(question)), ...told].join(' ');
}

/** What is told again is held to what is looked up: whatever the table gives, it is of this scope, and every passage is the tenant's own. */
function isWhole({ scope: kept, passages, answeredAt }: KeptAnswer, scope: string, { tenant }: Asking, since: number): boolean {
  return kept === scope && answeredAt > since && passages.length > 0 && passages.every((passage) => belongsTo(tenant, passage));
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
