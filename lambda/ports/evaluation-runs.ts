import type { EvaluationMeasure } from '../../lib/contract/evaluation';

/** A run that is under way, or has ended. Times are milliseconds since 1970. */
export interface EvaluationRun {
  readonly id: string;
  /** settling: documents are brought in step. asking: questions are on their way. */
  readonly state: 'settling' | 'asking' | 'ended';
  readonly startedAt: number;
  /** The deployment that waits for it, where one does. */
  readonly gate?: WaitingGate;
  /** How often in a row nothing waited to be read. */
  readonly quiet: number;
  /** Whether documents were in step when the first question was asked. */
  readonly settled?: boolean;
  readonly until?: number;
  readonly total?: number;
  /** Questions that something has come of, and what they have cost in US dollars. */
  readonly done: number;
  readonly spent: number;
}

/** CloudFormation, as far as it has to be answered. */
export interface WaitingGate {
  readonly url: string;
  readonly stackId: string;
  readonly requestId: string;
  readonly logicalResourceId: string;
  readonly physicalResourceId: string;
  /** What is evaluated, as CloudFormation knows it. */
  readonly evaluated: string;
}

/** What came of one question. */
export interface QuestionResult {
  /** Its place in the set, from 0. */
  readonly at: number;
  readonly id: string;
  readonly question: string;
  readonly answerable: boolean;
  /** Why it could not be asked; then there is nothing else. */
  readonly failed?: string;
  /** Why nobody judged its answer. */
  readonly unjudged?: string;
  readonly figures: QuestionFigures;
  /** Whether nothing was answered; absent where that is not known. */
  readonly abstained?: boolean;
  readonly found: readonly FoundPassage[];
  /** What was to be found, and was not. */
  readonly missed: readonly string[];
  readonly answer?: string;
  readonly reason?: string;
  readonly citations?: number;
  /** What the answer says and no passage does, as the judge reads them. */
  readonly unsupported?: readonly string[];
  readonly milliseconds: StageTimes;
  readonly tokens: { readonly input: number; readonly output: number; readonly judgeInput: number; readonly judgeOutput: number };
  /** US dollars; absent where prices are not known. */
  readonly cost?: number;
}

export type QuestionFigures = Readonly<Partial<Record<Exclude<EvaluationMeasure, 'abstention' | 'answered' | 'completeness'>, number>>>;

/** To the passages, to the first word, to the last, and the judgement alone. */
export interface StageTimes {
  readonly retrieval?: number;
  readonly firstToken?: number;
  readonly answer?: number;
  readonly judge?: number;
}

export interface FoundPassage {
  readonly document: string;
  readonly start?: number;
  readonly end?: number;
  readonly score?: number;
  readonly relevant?: boolean;
}

/** What a run came to. */
export interface RunSummary {
  readonly run: string;
  /** Told apart from any other code and configuration that answered. */
  readonly deployment: string;
  readonly origin: 'deployment' | 'request';
  readonly startedAt: string;
  readonly endedAt: string;
  /** Whether documents were in step. */
  readonly settled: boolean;
  readonly questions: { readonly all: number; readonly failed: number; readonly unjudged: number; readonly unanswerable: number };
  readonly measures: Readonly<Partial<Record<EvaluationMeasure, number>>>;
  readonly thresholds: readonly ThresholdOutcome[];
  readonly passed: boolean;
  readonly milliseconds: Readonly<Partial<Record<keyof StageTimes, { readonly p50: number; readonly p95: number }>>>;
  readonly tokens: QuestionResult['tokens'];
  readonly cost?: number;
  /** The run before it, and by how much the measure fell that fell most. */
  readonly previous?: { readonly run: string; readonly measures: RunSummary['measures']; readonly drop: number };
}

export interface ThresholdOutcome {
  readonly measure: EvaluationMeasure;
  readonly least: number;
  /** Absent where nothing could be measured. */
  readonly value?: number;
  readonly met: boolean;
}

/** Runs, and what came of their questions. */
export interface EvaluationRuns {
  /** Writes a run down that begins; nothing where it has begun already. */
  begin(run: EvaluationRun): Promise<void>;
  find(id: string): Promise<EvaluationRun | undefined>;
  /** Changes a run that is in a state still; false where it is in another. */
  change(id: string, from: EvaluationRun['state'], to: Partial<Pick<EvaluationRun, 'state' | 'quiet' | 'settled' | 'until' | 'total'>>): Promise<boolean>;
  has(id: string, at: number): Promise<boolean>;
  /** Keeps what came of a question, the first time; gives the run as it is then, and nothing where it was kept before. */
  record(id: string, result: QuestionResult, now: number): Promise<EvaluationRun | undefined>;
  results(id: string): AsyncIterable<QuestionResult>;
  keep(summary: RunSummary, now: number): Promise<void>;
  /** The newest runs that ended before one, the newest first. */
  before(id: string, most: number): Promise<readonly RunSummary[]>;
  /** Whether what is evaluated was let through before. */
  hasPassed(evaluated: string): Promise<boolean>;
  pass(evaluated: string, now: number): Promise<void>;
}
