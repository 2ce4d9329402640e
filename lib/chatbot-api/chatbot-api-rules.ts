import { Annotations, Duration, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { requireFittingAuth } from './caller-rules';
import { requireValidAttachments } from './chat-attachments';
import { requireValidHooks } from './chat-hooks';
import { type ChatbotApiProps } from './chatbot-api-props';
import { warnOfIdleProps } from './idle-props';
import { type AuthBinding } from '../api/auth-binding';
import { fail, requireAtLeast, requireBetween, requireDuration, requireInteger, requireLength, requireMade } from '../internal/validation';
import { type BoundModels } from '../model/bound-models';

/** Least tokens of history that still hold a turn or two. */
const LEAST_HISTORY = 256;

/** English has about four characters a token and other scripts have fewer: a prompt of more is too long in any. */
const CHARACTERS_A_TOKEN = 4;

/** What props must be by themselves. */
export function requireValidProps(scope: IConstruct, props: ChatbotApiProps) {
  const { systemPrompt, generation = {} } = props;
  requireMadeProps(scope, props);
  requireValidHooks(scope, props.hooks ?? {});
  requireValidAttachments(scope, props.conversations?.attachments);
  if (Token.isUnresolved(systemPrompt)) {
    fail(scope, "'systemPrompt' must be known at synthesis, because it travels as a file beside the handler; got a value of the deployment, so write the text itself or read it from a file");
  }
  requireLength(scope, 'systemPrompt', systemPrompt, 0, Infinity);
  requireAtLeast(scope, 'generation.maxTokens', generation.maxTokens, 1);
  requireBetween(scope, 'generation.temperature', generation.temperature, 0, 1);
  requireBetween(scope, 'generation.topP', generation.topP, 0, 1);
  requireMade(scope, 'generation.buffering', generation.buffering, '_render', 'Buffering, such as Buffering.sentence()');
  requireDuration(scope, 'generation.turnTimeout', generation.turnTimeout, Duration.seconds(10), Duration.minutes(15));
}

function requireMadeProps(scope: IConstruct, { model, knowledge, generation, guardrail, auth, transport, conversations, posture }: ChatbotApiProps) {
  requireMade(scope, 'model', model, 'bind', "Model, such as Model.foundation('amazon.nova-lite-v1:0') or Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0')");
  requireMade(scope, 'knowledge', knowledge, 'bind', "a construct of documents, such as new DiyRag(this, 'Rag') or new ManagedRag(this, 'Rag')");
  requireMade(scope, 'guardrail', guardrail, 'bind', 'new Guardrail or Guardrail.fromAttributes');
  requireMade(scope, 'auth', auth, '_bind', 'ApiAuth, such as ApiAuth.cognito()');
  requireMade(scope, 'transport', transport, '_host', 'Transport, such as Transport.restStreaming()');
  requireMade(scope, 'conversations.summary', conversations?.summary, '_bind', 'ConversationSummary, such as ConversationSummary.rolling()');
  requireMade(scope, 'conversations.memory', conversations?.memory, '_bind', 'ConversationMemory, such as ConversationMemory.dynamoDb()');
  requireMade(scope, 'generation.promptCaching', generation?.promptCaching, '_lifetime', 'PromptCaching, such as PromptCaching.automatic()');
  requireMade(scope, 'posture', posture, 'encryptionKey', 'Posture, such as Posture.regulated()');
}

/** What props must be for the model that was chosen, and for what proves who asks. */
export function requireFittingProps(scope: IConstruct, props: ChatbotApiProps, models: BoundModels, auth: AuthBinding) {
  requireFittingAuth(scope, props.quotas, models, auth);
  requireFittingModel(scope, props, models);
  warnOfIdleProps(scope, props, models);
}

function requireFittingModel(scope: IConstruct, props: ChatbotApiProps, models: BoundModels) {
  const { systemPrompt, generation, conversations } = props;
  const { contextTokens, outputTokens, name } = models;
  const { maxTokens } = generation ?? {};
  if (maxTokens !== undefined && maxTokens > outputTokens) {
    fail(scope, `'generation.maxTokens' must be at most ${outputTokens}, the output limit of ${name}, got ${maxTokens}`);
  }
  requireInteger(scope, 'conversations.historyTokens', conversations?.historyTokens, LEAST_HISTORY, contextTokens, `, the window of ${name}`);
  for (const { modelName, capabilities: { contextTokens: window } } of models.candidates) {
    requireLength(scope, 'systemPrompt', systemPrompt, 0, window * CHARACTERS_A_TOKEN, `, what the window of ${modelName} holds at most, ${window} tokens`);
  }
}

/** A grant that nothing reads leaves its author waiting for a caller who is refused. */
export function warnOfIdleGrant(scope: IConstruct, { caller }: AuthBinding) {
  if (caller === 'iam') return;
  Annotations.of(scope).addWarningV2('cdk-genai-patterns:grantWithoutEffect',
    "grantInvoke lets nobody in here, because requests of this chat are not signed with IAM credentials: give it 'auth: ApiAuth.iam()', or leave the grant out");
}
