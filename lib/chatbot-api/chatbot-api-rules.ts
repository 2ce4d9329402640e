import { Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type ChatbotApiProps } from './chatbot-api-props';
import { fail, requireBetween, requireInteger, requirePattern } from '../internal/validation';
import { type ModelBinding } from '../model';

/** Least tokens of history that still hold a turn or two. */
const LEAST_HISTORY = 256;

/** What props must be by themselves. */
export function requireValidProps(scope: IConstruct, props: ChatbotApiProps) {
  const { systemPrompt, generation = {}, conversations = {}, throttling = {}, corsOrigins = [] } = props;
  if (Token.isUnresolved(systemPrompt)) {
    fail(scope, "'systemPrompt' must be known at synthesis, because it travels as a file beside the handler; got a value of the deployment, so write the text itself or read it from a file");
  }
  requireInteger(scope, 'generation.maxTokens', generation.maxTokens, 1, Number.MAX_SAFE_INTEGER);
  requireBetween(scope, 'generation.temperature', generation.temperature, 0, 1);
  requireBetween(scope, 'generation.topP', generation.topP, 0, 1);
  requireInteger(scope, 'generation.turnTimeout in seconds', generation.turnTimeout?.toSeconds({ integral: false }), 10, 900);
  requireBetween(scope, 'conversations.retention in days', conversations.retention?.toDays({ integral: false }), 1, 36_500);
  requireBetween(scope, 'throttling.rate', throttling.rate, 1, 10_000);
  requireInteger(scope, 'throttling.burst', throttling.burst, 1, 5_000);
  for (const origin of corsOrigins) {
    requirePattern(scope, 'corsOrigins', origin, /^https?:\/\/[^/*\s,']+$/, 'an origin like https://chat.example.com, without a path, a slash at its end or a wildcard');
  }
}

/** What props must be for the model that was chosen. */
export function requireFittingModel(scope: IConstruct, { generation, conversations }: ChatbotApiProps, { capabilities, modelName }: ModelBinding) {
  const { contextTokens, outputTokens } = capabilities;
  const { maxTokens } = generation ?? {};
  if (maxTokens !== undefined && maxTokens > outputTokens) {
    fail(scope, `'generation.maxTokens' must be at most ${outputTokens}, the output limit of ${modelName}, got ${maxTokens}`);
  }
  const { historyTokens } = conversations ?? {};
  if (historyTokens !== undefined && !(historyTokens >= LEAST_HISTORY && historyTokens <= contextTokens)) {
    fail(scope, `'conversations.historyTokens' must be between ${LEAST_HISTORY} and ${contextTokens}, the window of ${modelName}, got ${historyTokens}`);
  }
}
