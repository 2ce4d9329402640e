/**
 * Everything the function reads that evaluates answers. An empty string means that the feature is off.
 * Beside it lie, as beside those that answer: `SYSTEM_PROMPT_FILE`, and where a router chooses `ROUTING_FILE`; and `EVALUATION_SET_FILE`, where the set is not in a bucket.
 */
export const EVALUATE_ENV = [
  /** `KnowledgePolicy` as JSON. */
  'KNOWLEDGE',
  /** `ModelFacts` as JSON; empty where a router chooses among several models. */
  'MODEL',
  /** Ids of the router's models as a JSON list, in the order of its `RoutingTable`. */
  'ROUTED_MODELS',
  /** `GenerationPolicy` as JSON. */
  'GENERATION',
  /** `GuardrailReference` as JSON. */
  'GUARDRAIL',
  /** `EvaluationPolicy` as JSON. */
  'EVALUATION',
  /** `ModelFacts` as JSON of the model that judges. */
  'JUDGE',
  /** Name of the table of runs, whose keys are `EVALUATION_TABLE`. */
  'RUNS_TABLE',
  /** Name of the bucket that reports are put into. */
  'RESULTS_BUCKET',
  /** URL of the queue of runs: requests, and looks at those that are under way. */
  'RUNS_URL',
  /** URL of the queue of questions. */
  'QUESTIONS_URL',
  /** URLs as a JSON list of the queues by which documents are kept in step, the one that takes requests first. */
  'SYNC_URLS',
  /** The `Service` dimension of every metric and log line: the construct's own name. */
  'SERVICE',
] as const;
export type EvaluateEnv = Record<(typeof EVALUATE_ENV)[number], string>;

/** How long one run of the function has: one question, its answer and its judgement. */
export const EVALUATE_SECONDS = 300;

/** How often a question is received at most, whose function was ended each time; what a service refuses for a while is sent anew instead. */
export const QUESTION_ATTEMPTS = 4;

/** As long as CloudFormation waits for a custom resource. */
export const LONGEST_GATE_SECONDS = 3_600;

/** The type of the custom resource that holds a deployment up. */
export const GATE_TYPE = 'Custom::EvaluationGate';

/** The set, where it is deployed with the function. */
export const EVALUATION_SET_FILE = 'evaluation-set.jsonl';

/** What the builder decided of every run alike. */
export interface EvaluationPolicy {
  /** Where the set lies; absent where it lies beside the function. */
  readonly set?: { readonly bucket: string; readonly key: string };
  /** Whether passages say where they stand in their documents. */
  readonly offsets: boolean;
  readonly thresholds: EvaluationThresholdValues;
  /** Most questions of a set. */
  readonly questions: number;
  /** Most seconds from the first question to the last. */
  readonly seconds: number;
  /** Most US dollars that models may cost. */
  readonly dollars?: number;
  /** How long documents may take to be in step. */
  readonly settleSeconds: number;
  /** Whether documents are looked through before a deployment is let through, as they are after one. */
  readonly sync: boolean;
}

/** What is measured of answers, each from 0 to 1, 1 the best. */
export const EVALUATION_MEASURES = [
  'recall', 'precision', 'ndcg', 'mrr', 'faithfulness', 'relevance', 'correctness', 'abstention', 'answered', 'completeness',
] as const;
export type EvaluationMeasure = (typeof EVALUATION_MEASURES)[number];

export type EvaluationThresholdValues = Readonly<Partial<Record<EvaluationMeasure, number>>>;

/** What makes a run begin: a schedule, a deployment, or a person sends it to the queue of runs. */
export interface EvaluationRequest {
  readonly evaluate: 'all';
}

/**
 * The table of runs.
 *
 * run        pk `run#<id>`   sk `run`                  what is under way, and how far
 * question   pk `run#<id>`   sk `question#<number>`    what came of one, written once
 * runs       pk `runs`       sk the run's id           the summary of each that has ended: the newest is the last
 * passed     pk `passed`     sk what was evaluated     let through by the gate
 */
export const EVALUATION_TABLE = { partitionKey: 'pk', sortKey: 'sk', ttl: 'expiresAt' } as const;

/** How long it is remembered what came of single questions, and of runs. */
export const QUESTION_SECONDS = 90 * 86_400;
export const RUN_SECONDS = 3 * 366 * 86_400;

/** What lies under `runs/<id>/` in the bucket of results. */
export const EVALUATION_FILES = { questions: 'questions.jsonl', summary: 'summary.json', report: 'report.html' } as const;

/** Metrics of evaluations, with the dimension `Service`. */
export const EVALUATION_METRICS = {
  recall: 'EvaluationRecall',
  precision: 'EvaluationPrecision',
  ndcg: 'EvaluationNdcg',
  mrr: 'EvaluationMrr',
  faithfulness: 'EvaluationFaithfulness',
  relevance: 'EvaluationRelevance',
  correctness: 'EvaluationCorrectness',
  abstention: 'EvaluationAbstention',
  answered: 'EvaluationAnswered',
  completeness: 'EvaluationCompleteness',
  /** Runs that ended with figures. */
  runs: 'EvaluationRuns',
  /** Runs that could not be carried out. */
  brokenRuns: 'EvaluationRunsBroken',
  /** US dollars for models. */
  cost: 'EvaluationCost',
  /** By how much the measure fell that fell most since the run before. */
  drop: 'EvaluationDrop',
} as const;
