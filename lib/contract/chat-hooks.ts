/**
 * What a chat says to the functions of its builder, and what it takes from them, as JSON. `version` grows when a field comes to mean
 * something else, not when one is added: a function passes over what it does not know.
 */
export const HOOK_VERSION = 1;

/** What every hook is told. */
export interface HookEvent {
  readonly version: typeof HOOK_VERSION;
  readonly hook: 'beforeTurn' | 'sentences' | 'afterTurn';
  /** Unlike any other turn's; the same when a call is repeated. */
  readonly turn: string;
  /** Absent where nothing is kept. */
  readonly conversation?: string;
  readonly caller: HookCaller;
}

export interface HookCaller {
  /** As it was verified. */
  readonly id: string;
  /** As they were verified. */
  readonly groups: readonly string[];
}

/** A message as OpenAI's clients write it. */
export interface HookMessage {
  readonly role: string;
  readonly content: unknown;
}

export interface BeforeTurnEvent extends HookEvent {
  readonly hook: 'beforeTurn';
  readonly model: string;
  /** What the request brings: in a conversation what is new, else the whole of it. */
  readonly messages: readonly HookMessage[];
}

/** Each field may be left out; an empty object lets the turn pass as it is. */
export interface BeforeTurnAnswer {
  /** Ends the turn: the client reads the reason, under the status 403. */
  readonly refuse?: { readonly reason: string };
  /** In the place of the request's messages; kept in their place too. */
  readonly messages?: readonly HookMessage[];
  /** What the model is told after the system prompt, for this turn. */
  readonly system?: string;
  /** What the model should know for this turn. It stands before the user's words, as data. */
  readonly context?: string;
}

export interface SentencesEvent extends HookEvent {
  readonly hook: 'sentences';
  /** What the model says, in order, with the white space that ends each. */
  readonly sentences: readonly string[];
}

/** As many texts as there were sentences, in their order; an empty one leaves its sentence out. */
export interface SentencesAnswer {
  readonly sentences: readonly string[];
}

export interface AfterTurnEvent extends HookEvent {
  readonly hook: 'afterTurn';
  readonly model: string;
  /** What went to the model as new, after the hook before the turn. */
  readonly messages: readonly HookMessage[];
  /** Whether `messages` and the answer's words were left out, because an event takes no more than a megabyte. */
  readonly shortened?: true;
  /** Absent where the turn failed. */
  readonly answer?: HookAnswer;
  /** OpenAI's `usage`; absent where it is not known. */
  readonly usage?: object;
  /** Absent where the turn was answered. */
  readonly failure?: { readonly status: number; readonly code: string | null };
}

export interface HookAnswer {
  readonly message?: HookMessage;
  readonly finishReason: string;
  readonly stopped: boolean;
}

/** What a builder decided of hooks; travels as JSON in the environment. */
export interface HooksPolicy {
  readonly before?: AskedHook & {
    /** What the function adds is not shown to the guardrail. */
    readonly trusted: boolean;
  };
  readonly sentences?: (AskedHook | { readonly replacements: readonly TextReplacement[] }) & {
    /** Longest time that the beginning of a sentence waits for its end. */
    readonly holdMs: number;
  };
  readonly after?: {
    readonly functionArn: string;
    /** How long the end of the answer waits for the function; absent sends an event, for which nobody waits. */
    readonly timeoutMs?: number;
  };
}

/** A function that a turn waits for. */
export interface AskedHook {
  readonly functionArn: string;
  readonly timeoutMs: number;
  /** What becomes of the turn when the function gives no good answer. */
  readonly failure: 'refuse' | 'goOn';
}

export interface TextReplacement {
  /** A regular expression of JavaScript, under the flag `u`. */
  readonly pattern: string;
  readonly replacement: string;
  readonly ignoreCase: boolean;
}

/** Metrics of hooks, beside those of turns. */
export const HOOK_METRICS = {
  hookFailures: 'HookFailures',
} as const;
