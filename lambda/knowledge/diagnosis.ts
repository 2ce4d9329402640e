import type { Asked } from './asked';
import type { SearchNote, SearchStage, Tell } from '../ports/passages';

/** What looking up took, and what went another way than it should have. */
export interface Diagnosis {
  /** Milliseconds of each stage; of searches that ran beside each other the longest. */
  readonly milliseconds: { readonly [Stage in SearchStage]?: number };
  /** Of the best that was found, where a search says so itself. */
  readonly bestScore?: number;
  /** How many searches were to be reranked. */
  readonly reranks: number;
  /** What came of those that were not. */
  readonly unranked: readonly Extract<SearchNote, { readonly unranked: unknown }>[];
}

/** As the answer of the API tells it. */
export interface Explanation {
  readonly timings_ms: { readonly [Stage in SearchStage | 'rewrite' | 'total']?: number };
  /** What was looked up; absent of what is looked up by itself. */
  readonly searches?: readonly { readonly query: string; readonly imagined?: string; readonly weight?: number }[];
  /** Whether a model that was to say what to look up was of no help; absent where none was asked. */
  readonly rewrite?: 'done' | 'failed';
  /** late and failed leave what was found in the order before. */
  readonly rerank?: 'done' | 'late' | 'failed';
}

/** Hears several searches at once. */
export class Diagnoses {
  private readonly heard: SearchNote[][] = [];

  /** For one search; what each attempt of it says takes the place of what the one before said. */
  begin(): () => Tell {
    const notes: SearchNote[] = [];
    this.heard.push(notes);
    return () => {
      notes.length = 0;
      return (note) => void notes.push(note);
    };
  }

  get all(): Diagnosis {
    const milliseconds: { [Stage in SearchStage]?: number } = {};
    const notes = this.heard.flat();
    const stages = notes.flatMap((note) => 'stage' in note ? note : []);
    for (const { stage, milliseconds: taken } of stages) milliseconds[stage] = Math.max(milliseconds[stage] ?? 0, taken);
    const best = notes.flatMap((note) => 'bestScore' in note ? note.bestScore : []);
    return {
      milliseconds,
      ...(best.length > 0 && { bestScore: Math.max(...best) }),
      reranks: stages.filter(({ stage }) => stage === 'rerank').length,
      unranked: notes.flatMap((note) => 'unranked' in note ? note : []),
    };
  }
}

/** What callers may know: why a model failed is for those who run the API. */
export function explained({ milliseconds, reranks, unranked: [unranked] }: Diagnosis, total: number, asked?: Pick<Asked, 'searches' | 'calls'>): Explanation {
  const { calls, searches } = asked ?? {};
  return {
    timings_ms: { ...(calls && { rewrite: calls.milliseconds }), ...milliseconds, total },
    ...(searches && { searches: searches.map(({ question, ...more }) => ({ query: question, ...more })) }),
    ...(calls && { rewrite: calls.failed > 0 ? 'failed' : 'done' }),
    ...(reranks > 0 && { rerank: unranked?.unranked ?? 'done' }),
  };
}
