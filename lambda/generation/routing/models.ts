import type { ModelFacts } from '../../../lib/contract/model';
import type { ChatMessage } from '../../ports/conversations';
import type { Tool, ToolChoice } from '../../ports/model';
import type { ModelOffer } from '../offer';
import type { Spent } from '../usage';

/** What is read of a request to choose who answers it. */
export interface ModelRequest {
  readonly messages: readonly ChatMessage[];
  /** Absent where nothing of it is kept. */
  readonly conversationId?: string;
  /** One of the models behind the API that the client asked for by its name. */
  readonly model?: string;
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice | 'none';
}

/** The models behind an API, and who chooses among them. */
export interface Models {
  readonly offer: ModelOffer;
  /** Whether there are several. */
  readonly routed: boolean;
  choose(request: ModelRequest, asker: Asker): Promise<ModelChoice>;
  /** Called for every call that a model refused for load. */
  throttled?(name: string): void;
}

/** Who asks, and what came with the request. */
export interface Asker {
  readonly caller: string;
  /** Those that the caller is in, as it was verified. */
  readonly groups: readonly string[];
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Aborted when nobody wants the answer any more: no model is asked then, not even which one should answer. */
  readonly stop?: AbortSignal;
}

export interface ModelChoice {
  /** The one that should answer, and those that answer in its place. */
  readonly models: readonly ModelFacts[];
  /** Why the first is the first; absent where there was nothing to choose. */
  readonly route?: string;
  /** How long a model may take for its first word while another is left. */
  readonly firstTokenMs?: number;
  /** What the choice itself took. */
  readonly spent?: readonly Spent[];
}

/** An API of one model: nothing to choose. */
export function oneModel(facts: ModelFacts): Models {
  return { offer: facts, routed: false, choose: async () => ({ models: [facts] }) };
}
