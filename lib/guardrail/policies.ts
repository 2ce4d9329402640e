import { type CfnGuardrailProps } from 'aws-cdk-lib/aws-bedrock';
import { type IConstruct } from 'constructs';
import { ContentFilter } from './content-filter';
import { renderGrounding, renderReasoning, renderTopic } from './filter-rendering';
import { type GuardrailProps, GuardrailTier } from './guardrail-props';
import { fail, requireCount, requireSome } from '../internal/validation';
import { Geography } from '../model';
import { warnOfFarGeography } from '../model/geography-regions';

type Policies = Pick<CfnGuardrailProps,
'contentPolicyConfig' | 'topicPolicyConfig' | 'wordPolicyConfig' | 'sensitiveInformationPolicyConfig' | 'contextualGroundingPolicyConfig' | 'automatedReasoningPolicyConfig'>;

export function requireGeography(scope: IConstruct, { tier, crossRegion }: GuardrailProps): void {
  if (crossRegion?.prefix === Geography.GLOBAL.prefix) {
    fail(scope, "'crossRegion' must be a geography, such as Geography.US, got Geography.GLOBAL: guardrails do not leave their geography");
  }
  if (tier === GuardrailTier.STANDARD && crossRegion === undefined) {
    fail(scope, "'tier' STANDARD must have 'crossRegion', such as crossRegion: Geography.US, because AWS offers it across Regions only");
  }
  if (crossRegion) warnOfFarGeography(scope, "a guardrail's 'crossRegion'", crossRegion.prefix);
}

/** Each prop as the policy of the service that it stands for. */
export function renderPolicies(scope: IConstruct, props: GuardrailProps): Policies {
  requireEntries(scope, props);
  const tier = props.tier ?? (props.crossRegion ? GuardrailTier.STANDARD : GuardrailTier.CLASSIC);
  const policies: Policies = {
    contentPolicyConfig: contentPolicy(scope, props.contentFilters, tier),
    topicPolicyConfig: topicPolicy(scope, props, tier),
    wordPolicyConfig: wordPolicy(scope, props),
    sensitiveInformationPolicyConfig: sensitiveInformationPolicy(scope, props),
    contextualGroundingPolicyConfig: props.contextualGrounding && renderGrounding(scope, props.contextualGrounding),
    automatedReasoningPolicyConfig: props.automatedReasoning && renderReasoning(scope, props.automatedReasoning),
  };
  // The service refuses a guardrail that looks for nothing.
  const looksForNothing = Object.values(policies).every((policy) => policy === undefined);
  return looksForNothing ? { ...policies, contentPolicyConfig: contentPolicy(scope, ContentFilter.all(), tier) } : policies;
}

/** An empty list would leave the guardrail with every content filter, where its author may have meant none. */
function requireEntries(scope: IConstruct, { contentFilters, deniedTopics, wordFilters, sensitiveInformation }: GuardrailProps): void {
  requireSome(scope, 'contentFilters', contentFilters, 'ContentFilter.hate()');
  requireSome(scope, 'deniedTopics', deniedTopics, "{ name: 'Law', definition: 'Advice on law.' }");
  requireSome(scope, 'wordFilters', wordFilters, 'WordFilter.profanity()');
  requireSome(scope, 'sensitiveInformation', sensitiveInformation, 'SensitiveInformation.pii(PiiEntity.EMAIL)');
}

function contentPolicy(scope: IConstruct, filters: ContentFilter[] = [], tierName: GuardrailTier): Policies['contentPolicyConfig'] {
  const filtersConfig = filters.map((filter) => filter._render(scope));
  const twice = filtersConfig.find(({ type }, index) => filtersConfig.findIndex((other) => other.type === type) !== index);
  if (twice) fail(scope, `'contentFilters' must name each category once, got ${twice.type} twice`);
  return filters.length > 0 ? { filtersConfig, contentFiltersTierConfig: { tierName } } : undefined;
}

function topicPolicy(scope: IConstruct, { deniedTopics = [] }: GuardrailProps, tierName: GuardrailTier): Policies['topicPolicyConfig'] {
  requireCount(scope, 'deniedTopics', deniedTopics, 0, 30);
  const longestDefinition = tierName === GuardrailTier.STANDARD ? 1000 : 200;
  const topicsConfig = deniedTopics.map((topic) => renderTopic(scope, topic, longestDefinition));
  return deniedTopics.length > 0 ? { topicsConfig, topicsTierConfig: { tierName } } : undefined;
}

function wordPolicy(scope: IConstruct, { wordFilters = [] }: GuardrailProps): Policies['wordPolicyConfig'] {
  const rendered = wordFilters.map((filter) => filter._render(scope));
  const wordsConfig = rendered.flatMap(({ words }) => words);
  const managedWordListsConfig = rendered.flatMap(({ lists }) => lists);
  requireCount(scope, 'wordFilters', wordsConfig, 0, 10_000);
  if (rendered.length === 0) return undefined;
  return { wordsConfig: orNone(wordsConfig), managedWordListsConfig: orNone(managedWordListsConfig) };
}

function sensitiveInformationPolicy(scope: IConstruct, { sensitiveInformation = [] }: GuardrailProps): Policies['sensitiveInformationPolicyConfig'] {
  const piiEntitiesConfig = sensitiveInformation.flatMap((information) => information._renderEntity());
  const regexesConfig = sensitiveInformation.flatMap((information) => information._renderRegex(scope));
  if (sensitiveInformation.length === 0) return undefined;
  return { piiEntitiesConfig: orNone(piiEntitiesConfig), regexesConfig: orNone(regexesConfig) };
}

const orNone = <Entry>(entries: Entry[]): Entry[] | undefined => (entries.length > 0 ? entries : undefined);
