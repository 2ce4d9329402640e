import { termCounts } from '../../../lambda/kit/terms';
import type { Answers, AskedIndex, Generation, KeptAnswer, KeptQuestion } from '../../../lambda/ports/answers';
import type { Embeddings } from '../../../lambda/ports/embeddings';
import type { Scalar } from '../../../lambda/ports/passages';

/** Answers in memory. */
export class MemoryAnswers implements Answers {
  readonly generations = new Map<Scalar | undefined, Generation>();
  readonly kept: { scope: string; question: KeptQuestion; answer: KeptAnswer; expiresAt: number }[] = [];
  /** Thrown instead of an answer. */
  failure?: Error;

  async generation(tenant: Scalar | undefined): Promise<Generation> {
    if (this.failure) throw this.failure;
    return this.generations.get(tenant) ?? { id: '', changedAt: 0 };
  }

  async questions(scope: string, now: number): Promise<readonly KeptQuestion[]> {
    return this.kept.filter((one) => one.scope === scope && one.expiresAt * 1000 > now).map(({ question }) => question).reverse();
  }

  async find(answer: string): Promise<KeptAnswer | undefined> {
    return this.kept.find(({ question }) => question.answer === answer)?.answer;
  }

  async keep(question: Omit<KeptQuestion, 'answer'>, answer: KeptAnswer, expiresAt: number): Promise<void> {
    this.kept.push({ scope: answer.scope, question: { ...question, answer: String(this.kept.length) }, answer, expiresAt });
  }
}

const DIMENSION = 256;

/** Texts of the same words have the same direction, in whatever order these are. */
const wordEmbeddings: Embeddings = {
  async embed(texts) {
    return texts.map((text) => {
      const vector = new Array<number>(DIMENSION).fill(0);
      for (const [word, count] of termCounts(text)) vector[[...word].reduce((hash, char) => (hash * 31 + char.charCodeAt(0)) % DIMENSION, 7)] += count;
      return vector;
    });
  },
};

/** An index whose questions are near by their words. */
export function wordIndex(id = 'one'): AskedIndex {
  return { current: async () => ({ id, embeddings: wordEmbeddings }) };
}
