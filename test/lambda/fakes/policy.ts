import type { TurnPolicy } from '../../../lambda/chat/settings';
import { oneModel } from '../../../lambda/generation/routing/models';
import { ATTACHMENT_FORMATS } from '../../../lib/contract/chat';
import type { ModelFacts } from '../../../lib/contract/model';

export const facts: ModelFacts = {
  id: 'global.some.model-v1:0',
  name: 'some-model',
  contextTokens: 100_000,
  outputTokens: 4_096,
  tools: 'streaming',
  sampling: 'both',
  inputs: ['text', 'image', 'document'],
  prices: { input: 0.3, output: 2.5, cacheRead: 0.075, cacheWrite: 0.3 },
};

const attachments: TurnPolicy['attachments'] = { formats: ATTACHMENT_FORMATS, maxBytes: 4_718_592, retentionSeconds: 86_400 };

export function policy(changes: Partial<TurnPolicy> & { facts?: ModelFacts } = {}): TurnPolicy {
  return {
    facts, models: oneModel(changes.facts ?? facts), generation: { maxTokens: 1_000 }, systemPrompt: 'You help.', historyTokens: 8_000, attachments, ...changes,
  };
}
