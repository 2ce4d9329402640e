import { Duration, Lazy } from 'aws-cdk-lib';
import { defineChat } from './define-chat';
import { type ChatGeneration, PromptCaching, ServiceTier } from '../../lib';

describe('PromptCaching', () => {
  test.each<[string, ChatGeneration, string | undefined]>([
    ['for five minutes by default', {}, '5m'],
    ['for five minutes', { promptCaching: PromptCaching.automatic() }, '5m'],
    ['for an hour', { promptCaching: PromptCaching.automatic({ lifetime: Duration.minutes(60) }) }, '1h'],
    ['not at all', { promptCaching: PromptCaching.off() }, undefined],
  ])('keeps prompts %s', (_, generation, lifetime) => {
    expect(policyOf(generation).promptCaching).toBe(lifetime);
  });

  test('refuses a lifetime that Bedrock does not offer', () => {
    expect(() => defineChat({ generation: { promptCaching: PromptCaching.automatic({ lifetime: Duration.minutes(10) }) } }))
      .toThrow("'generation.promptCaching.lifetime' must be Duration.minutes(5) or Duration.hours(1), which are what Bedrock offers, got 10 minutes");
  });

  test('refuses a lifetime that is known at deployment only', () => {
    const lifetime = Duration.minutes(Lazy.number({ produce: () => 5 }));
    expect(() => defineChat({ generation: { promptCaching: PromptCaching.automatic({ lifetime }) } })).toThrow(/must be known at synthesis/);
  });

  test('refuses what is none of its making', () => {
    expect(() => defineChat({ generation: { promptCaching: {} as PromptCaching } })).toThrow(/generation\.promptCaching.*PromptCaching\.automatic\(\)/);
  });
});

test.each([[undefined, undefined], [ServiceTier.DEFAULT, undefined], [ServiceTier.FLEX, 'flex'], [ServiceTier.PRIORITY, 'priority'], [ServiceTier.RESERVED, 'reserved']])(
  'asks for the tier %s by telling the handler %s', (serviceTier, told) => {
    expect(policyOf({ serviceTier }).serviceTier).toBe(told);
  });

function policyOf(generation: ChatGeneration) {
  const functions = Object.values(defineChat({ generation }).template().findResources('AWS::Lambda::Function'));
  const environments = functions.map(({ Properties }) => Properties.Environment?.Variables as Record<string, string> | undefined);
  return JSON.parse(environments.find((variables) => variables?.GENERATION)!.GENERATION) as Record<string, unknown>;
}
