import type { GroundingCheck } from './grounding-check';
import { Direction, Filter, FilterAction, Guardrail, Span } from './guardrail';
import { shapeOf } from './sensitive-kinds';

/** What every filter of the template has; `Action` stands for both directions where one says nothing of its own. */
interface Actions {
  readonly Action?: FilterAction;
  readonly InputAction?: FilterAction;
  readonly InputEnabled?: boolean;
  readonly OutputAction?: FilterAction;
  readonly OutputEnabled?: boolean;
}

/** An `AWS::Bedrock::Guardrail`'s properties, as far as they can be applied without a model: content filters are not. */
interface GuardrailProperties {
  readonly BlockedInputMessaging: string;
  readonly BlockedOutputsMessaging: string;
  readonly ContentPolicyConfig?: object;
  readonly ContextualGroundingPolicyConfig?: {
    readonly FiltersConfig?: readonly { readonly Type: GroundingCheck['kind']; readonly Threshold: number; readonly Action?: GroundingCheck['action']; readonly Enabled?: boolean }[];
  };
  readonly AutomatedReasoningPolicyConfig?: object;
  readonly WordPolicyConfig?: { readonly WordsConfig?: readonly (Actions & { readonly Text: string })[]; readonly ManagedWordListsConfig?: readonly object[] };
  readonly TopicPolicyConfig?: { readonly TopicsConfig?: readonly (Actions & { readonly Name: string; readonly Examples?: readonly string[] })[] };
  readonly SensitiveInformationPolicyConfig?: {
    readonly PiiEntitiesConfig?: readonly (Actions & { readonly Type: string })[];
    readonly RegexesConfig?: readonly (Actions & { readonly Name: string; readonly Pattern: string })[];
  };
}

/** Reads a guardrail from its resource in a template. */
export function guardrailFromTemplate(properties: object): Guardrail {
  const { WordPolicyConfig, TopicPolicyConfig, SensitiveInformationPolicyConfig, ContextualGroundingPolicyConfig, ...rest } = properties as GuardrailProperties;
  const { PiiEntitiesConfig: kinds = [], RegexesConfig: patterns = [] } = SensitiveInformationPolicyConfig ?? {};
  const readable = kinds.flatMap((entry) => ({ entry, shape: shapeOf(entry.Type) }));
  const filters: Filter[] = [
    ...(WordPolicyConfig?.WordsConfig ?? []).map((entry): Filter => ({ policy: 'word', name: entry.Text, find: phrases([entry.Text]), longest: entry.Text.length, ...actionsOf(entry) })),
    ...(TopicPolicyConfig?.TopicsConfig ?? []).map((entry): Filter => {
      const said = [entry.Name, ...entry.Examples ?? []];
      return { policy: 'topic', name: entry.Name, find: phrases(said), longest: Math.max(...said.map(({ length }) => length)), ...actionsOf(entry) };
    }),
    ...readable.flatMap(({ entry, shape }): Filter[] => shape ? [{ policy: 'pii', name: entry.Type, find: matches(shape), longest: LONGEST_PATTERN, ...actionsOf(entry) }] : []),
    ...patterns.map((entry): Filter => ({ policy: 'pattern', name: entry.Name, find: matches(expression(entry.Pattern)), longest: LONGEST_PATTERN, ...actionsOf(entry) })),
  ];
  const checks = ContextualGroundingPolicyConfig?.FiltersConfig ?? [];
  return {
    filters,
    checks: checks.filter(({ Enabled = true }) => Enabled).map(({ Type: kind, Threshold: threshold, Action: action = 'BLOCK' }): GroundingCheck => ({ kind, threshold, action })),
    blockedInputMessaging: rest.BlockedInputMessaging,
    blockedOutputsMessaging: rest.BlockedOutputsMessaging,
    leftOut: leftOut(properties as GuardrailProperties, readable.flatMap(({ entry, shape }) => shape ? [] : [entry.Type])),
  };
}

/** Room for a pattern that is not yet complete; AWS looks at chunks of a thousand characters. */
const LONGEST_PATTERN = 200;

function actionsOf({ Action = 'BLOCK', InputAction = Action, InputEnabled = true, OutputAction = Action, OutputEnabled = true }: Actions): Record<Direction, FilterAction | undefined> {
  return { input: InputEnabled ? InputAction : undefined, output: OutputEnabled ? OutputAction : undefined };
}

/** The phrases, without regard to case. */
function phrases(list: readonly string[]): Filter['find'] {
  return matches(new RegExp(list.map((phrase) => phrase.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'gi'));
}

function matches(shape: RegExp): Filter['find'] {
  return (text) => [...text.matchAll(shape)].flatMap((match): Span[] => match[0] === '' ? [] : [{ from: match.index, to: match.index + match[0].length }]);
}

/** The service's dialect takes flags at the start, as in `(?i)`, where JavaScript has them apart. */
function expression(pattern: string): RegExp {
  const [, flags = '', rest] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern)!;
  return new RegExp(rest.replace(/\(\?P</g, '(?<'), `g${flags}`);
}

/** These need a model or lists that only the service has. */
function leftOut(properties: GuardrailProperties, kinds: readonly string[]): string[] {
  const policies: [string, unknown][] = [
    ['content filters', properties.ContentPolicyConfig],
    ['automated reasoning', properties.AutomatedReasoningPolicyConfig],
    ['the managed list of profanities', properties.WordPolicyConfig?.ManagedWordListsConfig?.length],
    [`personal information without a shape (${kinds.join(', ')})`, kinds.length],
  ];
  return policies.flatMap(([name, given]) => given ? [name] : []);
}
