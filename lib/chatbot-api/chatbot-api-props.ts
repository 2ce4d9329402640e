import { type Duration } from 'aws-cdk-lib';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type Buffering } from './buffering';
import { type ChatAttachments } from './chat-attachments';
import { type ChatHooks } from './chat-hooks';
import { type ChatQuotas } from './chat-quotas';
import { type ConversationMemory } from './conversation-memory';
import { type ConversationSummary } from './conversation-summary';
import { type PromptCaching } from './prompt-caching';
import { type ServiceTier } from './service-tier';
import { type Transport } from './transport';
import { type ApiAuth } from '../api/api-auth';
import { type IGuardrail } from '../guardrail';
import { type IKnowledge } from '../knowledge';
import { type IModel } from '../model';
import { type Posture } from '../posture';

/** How the model writes its answers. */
export interface ChatGeneration {
  /**
   * Most tokens of one answer when the request names none, at least 1; the model's own limit always holds.
   *
   * @default 2048
   */
  readonly maxTokens?: number;

  /**
   * How freely the model picks its words, from 0 to 1; left out for models that do not take it.
   *
   * @default - the model's own
   */
  readonly temperature?: number;

  /**
   * The share of likely words that the model picks from, from 0 to 1; left out for models that do not take it.
   *
   * @default - the model's own
   */
  readonly topP?: number;

  /**
   * How long the model may take to answer one turn, from 10 seconds to 15 minutes.
   *
   * @default Duration.minutes(5)
   */
  readonly turnTimeout?: Duration;

  /**
   * Whether the model keeps the beginnings of prompts, which every turn of a conversation sends again.
   *
   * @default PromptCaching.automatic()
   */
  readonly promptCaching?: PromptCaching;

  /**
   * How soon the model answers, and at which price.
   *
   * @default ServiceTier.DEFAULT
   */
  readonly serviceTier?: ServiceTier;

  /**
   * In what portions an answer is streamed.
   *
   * @default Buffering.token()
   */
  readonly buffering?: Buffering;
}

/** What is kept of conversations, and how much of one the model sees. */
export interface ChatConversations {
  /**
   * Where conversations are kept, and for how long.
   *
   * @default ConversationMemory.dynamoDb()
   */
  readonly memory?: ConversationMemory;

  /**
   * Most tokens of history that are sent with a turn, from 256 to the model's window.
   *
   * @default - half the model's window, at most 32000
   */
  readonly historyTokens?: number;

  /**
   * What callers may attach to messages.
   *
   * @default - every format that the model reads, up to 4.5 MiB
   */
  readonly attachments?: ChatAttachments;

  /**
   * What becomes of the part of a conversation that is older than the history may be.
   *
   * @default ConversationSummary.none()
   */
  readonly summary?: ConversationSummary;
}

/** Props of `ChatbotApi`; every one may be left out. */
export interface ChatbotApiProps {
  /**
   * The model that answers.
   *
   * @default - the library's default model, Amazon Nova 2 Lite through its global cross-region profile
   */
  readonly model?: IModel;

  /**
   * What the model is told before every conversation; clients cannot read or replace it.
   *
   * @default - nothing
   */
  readonly systemPrompt?: string;

  /**
   * How the model writes its answers.
   *
   * @default - 2048 tokens, 5 minutes, the model's own sampling
   */
  readonly generation?: ChatGeneration;

  /**
   * Checks what goes to the model and what comes back.
   *
   * @default - no guardrail
   */
  readonly guardrail?: IGuardrail;

  /**
   * Who may call, and how callers prove who they are.
   *
   * @default ApiAuth.cognito()
   */
  readonly auth?: ApiAuth;

  /**
   * How requests and answers travel, how many, and from which web pages.
   *
   * @default Transport.restStreaming()
   */
  readonly transport?: Transport;

  /**
   * What is kept of conversations, and how much of one the model sees.
   *
   * @default - messages are kept in a table for 90 days
   */
  readonly conversations?: ChatConversations;

  /**
   * Functions of yours that turns pass: one is asked before a turn, one changes what is answered, one is told after it.
   *
   * @default - none
   */
  readonly hooks?: ChatHooks;

  /**
   * Documents that answers are given from, with citations: a `ManagedRag`, or `Knowledge.fromKnowledgeBaseId`. Each turn looks them up before
   * the model is asked; where they cannot be looked up, the turn fails and is not answered without them.
   *
   * @default - answers come from the model and the prompt
   */
  readonly knowledge?: IKnowledge;

  /**
   * How many requests and tokens callers may take before they get 429.
   *
   * @default - any number
   */
  readonly quotas?: ChatQuotas;

  /**
   * Encrypts conversations, logs and the handler's environment.
   *
   * @default - as the posture says: a key that AWS owns, or one of yours that is made for the stack
   */
  readonly encryptionKey?: IKey;

  /**
   * How strictly everything is built.
   *
   * @default Posture.standard()
   */
  readonly posture?: Posture;
}
