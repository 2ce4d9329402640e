import { type CfnGuardrail } from 'aws-cdk-lib/aws-bedrock';
import { type IConstruct } from 'constructs';
import { type AutomatedReasoning, type ContextualGrounding } from './answer-checks';
import { type DeniedTopic } from './denied-topic';
import { FilterAction, type FilterActions } from './filter-action';
import { fail, requireBetween, requireCount, requireLength, requirePattern } from '../internal/validation';

/** The four fields that every filter of the service has; a filter that is skipped keeps an action, because the service asks for one. */
export function renderActions({ inputAction = FilterAction.BLOCK, outputAction = FilterAction.BLOCK }: FilterActions) {
  return {
    inputAction: named(inputAction),
    inputEnabled: inputAction !== FilterAction.SKIP,
    outputAction: named(outputAction),
    outputEnabled: outputAction !== FilterAction.SKIP,
  };
}

export const named = (action: FilterAction): string => (action === FilterAction.SKIP ? FilterAction.NONE : action);

/** Only sensitive information can be replaced; all else passes or is blocked. */
export function refuseAnonymize(scope: IConstruct, filter: string, { inputAction, outputAction }: FilterActions): void {
  if (inputAction !== FilterAction.ANONYMIZE && outputAction !== FilterAction.ANONYMIZE) return;
  fail(scope, `an action of ${filter} must be BLOCK, NONE or SKIP, got ANONYMIZE, which is for sensitive information only`);
}

export interface RenderedWords {
  readonly words: CfnGuardrail.WordConfigProperty[];
  readonly lists: CfnGuardrail.ManagedWordsConfigProperty[];
}

export function renderTopic(scope: IConstruct, topic: DeniedTopic, longestDefinition: number): CfnGuardrail.TopicConfigProperty {
  const { name, definition, examples } = topic;
  requirePattern(scope, 'deniedTopics.name', name, /^[0-9a-zA-Z\-_ !?.]{1,100}$/, '1 to 100 letters, digits, spaces or any of -_!?.');
  requireLength(scope, `deniedTopics[${name}].definition`, definition, 1, longestDefinition);
  requireCount(scope, `deniedTopics[${name}].examples`, examples, 0, 5);
  examples?.forEach((example) => requireLength(scope, `deniedTopics[${name}].examples`, example, 1, 100));
  refuseAnonymize(scope, `the denied topic '${name}'`, topic);
  return { type: 'DENY', name, definition, examples, ...renderActions(topic) };
}

export function renderGrounding(scope: IConstruct, grounding: ContextualGrounding): CfnGuardrail.ContextualGroundingPolicyConfigProperty {
  const { groundingThreshold, relevanceThreshold, action = FilterAction.BLOCK } = grounding;
  if (groundingThreshold === undefined && relevanceThreshold === undefined) {
    fail(scope, "'contextualGrounding' must have a 'groundingThreshold' or a 'relevanceThreshold', such as { groundingThreshold: 0.7 }");
  }
  requireBetween(scope, 'contextualGrounding.groundingThreshold', groundingThreshold, 0, 0.99);
  requireBetween(scope, 'contextualGrounding.relevanceThreshold', relevanceThreshold, 0, 0.99);
  refuseAnonymize(scope, 'contextual grounding', { outputAction: action });
  const filter = (type: string, threshold?: number) =>
    (threshold === undefined ? [] : [{ type, threshold, action: named(action), enabled: action !== FilterAction.SKIP }]);
  return { filtersConfig: [...filter('GROUNDING', groundingThreshold), ...filter('RELEVANCE', relevanceThreshold)] };
}

export function renderReasoning(scope: IConstruct, reasoning: AutomatedReasoning): CfnGuardrail.AutomatedReasoningPolicyConfigProperty {
  const { policyArns, confidenceThreshold } = reasoning;
  requireCount(scope, 'automatedReasoning.policyArns', policyArns, 1, 2);
  requireBetween(scope, 'automatedReasoning.confidenceThreshold', confidenceThreshold, 0, 1);
  return { policies: policyArns, confidenceThreshold };
}
