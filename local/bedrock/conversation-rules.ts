import { checkCachePoints } from './cache-rules';
import { ContentBlock, ConverseRequest, InferenceConfig, Message, SystemBlock } from './converse';
import { checkDocuments } from './document-rules';
import { refuse, refuseValue } from './refusal';
import { checkToolConfig, checkToolPairs } from './tool-rules';

const MEMBERS = [
  'text', 'image', 'document', 'video', 'audio', 'toolUse', 'toolResult', 'guardContent', 'cachePoint', 'reasoningContent', 'citationsContent', 'searchResult',
];

/** What the Converse API refuses whatever the model. */
export function checkConversation(request: ConverseRequest): void {
  const messages = request.messages ?? [];
  checkTurns(messages);
  for (const [index, { content }] of messages.entries()) {
    if (content.length === 0) {
      refuse(`The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`);
    }
    for (const [at, block] of content.entries()) checkBlock(block, `messages.${index}.content.${at}`);
  }
  for (const [at, block] of (request.system ?? []).entries()) checkText(block, `system.${at}`);
  checkDocuments(messages);
  checkToolConfig(request);
  checkToolPairs(request);
  checkInference(request.inferenceConfig ?? {});
  checkCachePoints(request);
  checkServiceTier(request.serviceTier);
}

function checkTurns(messages: readonly Message[]): void {
  if (messages.length === 0) refuse('The messages field is empty. A conversation must have at least one message.');
  for (const { role } of messages) {
    if (role !== 'user' && role !== 'assistant') refuseValue(role, 'messages.role', 'satisfy enum value set: [user, assistant]');
  }
  if (messages[0].role !== 'user') {
    refuse('A conversation must start with a user message. Try again with a conversation that starts with a user message.');
  }
  if (messages.some(({ role }, index) => role === messages[index - 1]?.role)) {
    refuse('A conversation must alternate between user and assistant roles. '
      + 'Make sure the conversation alternates between user and assistant roles and try again.');
  }
}

function checkBlock(block: ContentBlock, place: string): void {
  const members = Object.keys(block);
  const unknown = members.find((member) => !MEMBERS.includes(member));
  if (unknown !== undefined || members.length !== 1) {
    refuse(`The ContentBlock object at ${place} must set exactly one of: ${MEMBERS.join(', ')}; it has ${members.join(', ') || 'none'}.`);
  }
  checkText(block, place);
}

function checkText(block: SystemBlock, place: string): void {
  const text = block.text ?? block.guardContent?.text?.text;
  if (text !== undefined && text.trim() === '') {
    refuse(`The text field in the ContentBlock object at ${place} is blank. Add text to the text field, and try again.`);
  }
}

const TIERS = ['default', 'flex', 'priority', 'reserved'];

/** Nobody has reserved anything here. */
function checkServiceTier(tier: ConverseRequest['serviceTier']): void {
  if (tier === undefined) return;
  if (!TIERS.includes(tier.type)) refuse('The service tier provided is invalid.');
  if (tier.type === 'reserved') refuse('Reservation not found.');
}

function checkInference({ maxTokens, temperature, topP, stopSequences = [] }: InferenceConfig): void {
  if (maxTokens !== undefined && !(maxTokens >= 1)) refuseValue(maxTokens, 'inferenceConfig.maxTokens', 'have value greater than or equal to 1');
  for (const [name, value] of Object.entries({ temperature, topP })) {
    if (value === undefined) continue;
    if (!(value >= 0)) refuseValue(value, `inferenceConfig.${name}`, 'have value greater than or equal to 0');
    if (value > 1) refuseValue(value, `inferenceConfig.${name}`, 'have value less than or equal to 1');
  }
  for (const [index, stop] of stopSequences.entries()) {
    if (stop === '') refuseValue(stop, `inferenceConfig.stopSequences.${index + 1}.member`, 'have length greater than or equal to 1');
  }
}
