import { Stack, Tokenization } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { type ChatEndpoint } from './chat-endpoint';
import { bindHooks } from './chat-hooks';
import { knowledgePolicy } from './chat-knowledge';
import { type ChatbotApiProps } from './chatbot-api-props';
import { generationPolicy } from './generation-policy';
import { type GroupMetrics } from './group-metrics';
import { type MemoryBinding } from './memory-binding';
import { type QuotaTable } from './quota-table';
import { type AuthBinding } from '../api/auth-binding';
import { type AttachmentPolicy, type ChatEnv, type GuardrailReference } from '../contract/chat';
import { type ServiceRole } from '../internal/handler-role';
import { type BoundModels } from '../model/bound-models';

const HISTORY_TOKENS = 32_000;

/** What a chat is made of, as its code has to know it. */
export interface ChatParts {
  /** Whatever the code calls is granted to it. */
  readonly role: ServiceRole;
  readonly auth: AuthBinding;
  readonly memory: MemoryBinding;
  readonly contentBucket: string;
  readonly models: BoundModels;
  readonly attachments?: AttachmentPolicy;
  readonly quotas?: QuotaTable;
  readonly groups: GroupMetrics;
  readonly endpoint: ChatEndpoint;
  /** What the chat is called in metrics and logs. */
  readonly service: string;
}

/** Everything that the chat's code reads of its environment; grants what that makes it call. */
export function chatEnvironment(scope: Construct, { generation, guardrail, conversations, hooks, knowledge }: ChatbotApiProps, parts: ChatParts): ChatEnv {
  const { role, memory, models, attachments, quotas, groups } = parts;
  const { contextTokens, outputTokens } = models;
  const policy = generationPolicy(scope, generation, outputTokens);
  const historyTokens = conversations?.historyTokens ?? Math.min(HISTORY_TOKENS, Math.floor(contextTokens / 2));
  const summary = conversations?.summary?._bind(scope, { role, historyTokens, memory });
  const guard = guardrail?.bind(scope, role);
  const reference: GuardrailReference | undefined = guard && { id: guard.guardrailId, version: guard.guardrailVersion, asynchronous: guard.asynchronous };
  const json = (value?: object) => value ? Stack.of(scope).toJsonString(value) : '';
  return {
    ...memory.environment,
    CONTENT_BUCKET: parts.contentBucket,
    SOCKET: '',
    ...parts.endpoint.environment,
    ...models.environment,
    GENERATION: json(policy),
    HISTORY_TOKENS: Tokenization.stringifyNumber(historyTokens),
    SUMMARY: json(summary),
    ATTACHMENTS: json(attachments),
    GUARDRAIL: json(reference),
    KNOWLEDGE: knowledgePolicy(scope, parts.auth, role, knowledge),
    HOOKS: json(hooks && bindHooks(scope, hooks, role)),
    QUOTAS: json(quotas?.policy),
    QUOTA_TABLE: quotas?.table.tableName ?? '',
    USER_GROUPS: groups.environment,
    SERVICE: parts.service,
  };
}
