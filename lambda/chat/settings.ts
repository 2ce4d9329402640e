import { CALLER_SOURCES, type CallerSource, type TokenRules } from '../../lib/contract/api';
import { type AttachmentPolicy, type ChatEnv, type GenerationPolicy, type GuardrailReference, type TransportName, TRANSPORTS } from '../../lib/contract/chat';
import type { HooksPolicy } from '../../lib/contract/chat-hooks';
import type { QuotasPolicy } from '../../lib/contract/chat-quotas';
import type { SocketReference } from '../../lib/contract/chat-socket';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { ModelFacts } from '../../lib/contract/model';
import type { SummaryPolicy } from '../../lib/contract/summary';
import type { Models } from '../generation/routing/models';

/** What the builder of the API decided, for every turn alike. */
export interface ChatPolicy {
  readonly models: Models;
  readonly generation: GenerationPolicy;
  /** Always the first words of the prompt; empty when there are none. */
  readonly systemPrompt: string;
  readonly historyTokens: number;
  /** Absent leaves out what is older than the history may be. */
  readonly summary?: SummaryPolicy;
  /** Absent keeps messages for ever. */
  readonly retentionSeconds?: number;
  readonly guardrail?: GuardrailReference;
  /** Absent where nothing may be attached. */
  readonly attachments?: AttachmentPolicy;
  /** Functions of the builder that turns pass. */
  readonly hooks?: HooksPolicy;
  /** Documents that answers are given from; absent answers from the model alone. */
  readonly knowledge?: KnowledgePolicy;
  /** What callers may take. */
  readonly quotas?: QuotasPolicy;
  /** The groups of callers whose turns are counted again, by group. */
  readonly userGroups?: readonly string[];
}

/** What was decided, for a turn of one model. */
export interface TurnPolicy extends ChatPolicy {
  readonly facts: ModelFacts;
}

export interface Settings {
  readonly policy: Omit<ChatPolicy, 'models'>;
  readonly transport: TransportName;
  readonly caller: CallerSource;
  /** Present where the handler finds out itself who asks. */
  readonly tokens?: TokenRules;
  /** Present where requests come over sockets. */
  readonly socket?: SocketReference;
  readonly corsOrigins: readonly string[];
}

/** Turns the environment into what the cores work with; a value that makes no sense stops the start. */
export function readSettings(env: ChatEnv, systemPrompt: string): Settings {
  return {
    transport: oneOf('TRANSPORT', TRANSPORTS, env.TRANSPORT),
    caller: oneOf('CALLER', CALLER_SOURCES, env.CALLER),
    ...(env.TOKENS && { tokens: JSON.parse(env.TOKENS) as TokenRules }),
    ...(env.SOCKET && { socket: JSON.parse(env.SOCKET) as SocketReference }),
    corsOrigins: env.CORS_ORIGINS.split(',').filter((origin) => origin !== ''),
    policy: {
      generation: JSON.parse(env.GENERATION) as GenerationPolicy,
      systemPrompt,
      historyTokens: Number(env.HISTORY_TOKENS),
      ...(env.SUMMARY && { summary: JSON.parse(env.SUMMARY) as SummaryPolicy }),
      ...(env.RETENTION_SECONDS && { retentionSeconds: Number(env.RETENTION_SECONDS) }),
      ...(env.ATTACHMENTS && { attachments: JSON.parse(env.ATTACHMENTS) as AttachmentPolicy }),
      ...(env.GUARDRAIL && { guardrail: JSON.parse(env.GUARDRAIL) as GuardrailReference }),
      ...(env.HOOKS && { hooks: JSON.parse(env.HOOKS) as HooksPolicy }),
      ...(env.KNOWLEDGE && { knowledge: JSON.parse(env.KNOWLEDGE) as KnowledgePolicy }),
      ...(env.QUOTAS && { quotas: JSON.parse(env.QUOTAS) as QuotasPolicy }),
      ...(env.USER_GROUPS && { userGroups: JSON.parse(env.USER_GROUPS) as string[] }),
    },
  };
}

function oneOf<Name extends string>(key: string, names: readonly Name[], value: string): Name {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new Error(`${key} must be one of ${names.join(', ')}, got ${value}`);
  return found;
}
