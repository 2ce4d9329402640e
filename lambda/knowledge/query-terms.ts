import type { Said } from './asked';
import type { GenerationPolicy, GuardrailReference } from '../../lib/contract/chat';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { Models } from '../generation/routing/models';
import type { Filter } from '../ports/passages';

/** What is asked. */
export interface Query {
  /** The conversation, the question last. */
  readonly said: readonly Said[];
  readonly filter?: Filter;
  /** Most passages that the answer is given from. */
  readonly most: number;
  readonly maxTokens?: number;
  /** One of the models behind the API that the client asked for by its name. */
  readonly model?: string;
  /** That it is answered anew, though it was before. */
  readonly fresh?: boolean;
  /** Whether it is told how passages were found. */
  readonly explain?: boolean;
}

/** What the builder decided, for every question alike. */
export interface QueryPolicy {
  readonly knowledge: KnowledgePolicy;
  readonly models: Models;
  readonly generation: GenerationPolicy;
  /** Stands before what the model is told of passages; empty when there is nothing to add. */
  readonly systemPrompt: string;
  readonly guardrail?: GuardrailReference;
}
