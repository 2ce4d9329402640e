import type { AnswerCachePolicy } from '../../lib/contract/answer-cache';
import { CALLER_SOURCES, type CallerSource } from '../../lib/contract/api';
import type { GenerationPolicy, GuardrailReference } from '../../lib/contract/chat';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { DocumentsReference, RagEnv } from '../../lib/contract/rag';
import type { SessionsPolicy } from '../../lib/contract/sessions';
import type { QueryPolicy } from '../knowledge/query-terms';

/** What the builder decided, for every question alike. */
export interface RagPolicy extends QueryPolicy {
  /** Absent where nothing is kept. */
  readonly sessions?: SessionsPolicy;
  /** Absent where every question is answered anew. */
  readonly cache?: AnswerCachePolicy;
  /** Absent where nobody keeps how documents are. */
  readonly documents?: DocumentsReference;
}

export interface Settings {
  readonly policy: Omit<RagPolicy, 'models'>;
  readonly caller: CallerSource;
  readonly corsOrigins: readonly string[];
}

/** Turns the environment into what the cores work with; a value that makes no sense stops the start. */
export function readSettings(env: RagEnv, systemPrompt: string): Settings {
  const caller = CALLER_SOURCES.find((source) => source === env.CALLER);
  if (caller === undefined) throw new Error(`CALLER must be one of ${CALLER_SOURCES.join(', ')}, got ${env.CALLER}`);
  return {
    caller,
    corsOrigins: env.CORS_ORIGINS.split(',').filter((origin) => origin !== ''),
    policy: {
      knowledge: JSON.parse(env.KNOWLEDGE) as KnowledgePolicy,
      generation: JSON.parse(env.GENERATION) as GenerationPolicy,
      systemPrompt,
      ...(env.GUARDRAIL && { guardrail: JSON.parse(env.GUARDRAIL) as GuardrailReference }),
      ...(env.DOCUMENTS && { documents: JSON.parse(env.DOCUMENTS) as DocumentsReference }),
      ...(env.ANSWERS && { cache: JSON.parse(env.ANSWERS) as AnswerCachePolicy }),
      ...(env.SESSIONS && { sessions: JSON.parse(env.SESSIONS) as SessionsPolicy }),
    },
  };
}
