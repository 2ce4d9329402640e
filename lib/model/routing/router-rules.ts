import { Annotations, Duration, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import type { ModelRouterProps, RequestClass } from './model-router';
import type { ModelShare } from './model-split';
import { type RoutingTable } from '../../contract/routing';
import { fail, requireCount, requireDuration, requireInteger, requireLength, requireMade, requirePattern, requireSome } from '../../internal/validation';

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const NAME_SHAPE = '1 to 32 small letters, digits or -';

/** What the props of a router must be by themselves. */
export function requireRouter(scope: IConstruct, { name, rules, fallback, firstTokenTimeout, coolDown }: ModelRouterProps): void {
  requirePattern(scope, 'name', name, /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, '1 to 64 letters, digits, ., _, : or -');
  requireCount(scope, 'rules', rules, 0, 20);
  requireCount(scope, 'fallback', fallback, 0, 5);
  requireDuration(scope, 'firstTokenTimeout', firstTokenTimeout, Duration.seconds(1), Duration.minutes(1));
  requireDuration(scope, 'coolDown', coolDown, Duration.seconds(1), Duration.minutes(15));
  for (const { name: rule, when } of rules ?? []) {
    requirePattern(scope, 'rules.name', rule, NAME, NAME_SHAPE);
    if (when === undefined) fail(scope, `'rules[${rule}].when' must be given: a list of traits, such as [RequestTrait.code()]`);
    requireSome(scope, `rules[${rule}].when`, when, 'RequestTrait.code()');
    for (const trait of when) requireMade(scope, `rules[${rule}].when`, trait, '_bind', 'RequestTrait, such as RequestTrait.code()');
  }
  requireDistinct(scope, 'rules', (rules ?? []).map((rule) => rule.name));
}

export function requireClassifier(scope: IConstruct, classes: readonly RequestClass[], timeout: Duration): void {
  requireCount(scope, 'classifier.classes', classes, 2, 10);
  for (const { name, description } of classes) {
    requirePattern(scope, 'classifier.classes.name', name, NAME, NAME_SHAPE);
    requireLength(scope, `classifier.classes[${name}].description`, description, 1, 500);
  }
  requireDistinct(scope, 'classifier.classes', classes.map(({ name }) => name));
  const milliseconds = timeout.toMilliseconds();
  if (milliseconds < 100 || milliseconds > 10_000) fail(scope, `'classifier.timeout' must be between 100 milliseconds and 10 seconds, got ${timeout.toHumanString()}`);
}

export function requireShares(scope: IConstruct, prop: string, shares: readonly ModelShare[]): void {
  requireCount(scope, `shares of ${prop}`, shares, 2, 8);
  for (const { weight } of shares) requireInteger(scope, `weight in ${prop}`, weight, 0, 1_000);
  if (shares.every(({ weight }) => weight === 0)) fail(scope, `one 'weight' in '${prop}' must be more than 0: with none, no model would answer`);
}

/** The table travels as a file beside the handler, and a file holds nothing that only the deployment knows. */
export function requireStatic(scope: IConstruct, table: RoutingTable): void {
  const late = unresolvedIn(table, 'routing');
  if (late !== undefined) fail(scope, `what a router decides by must be known at synthesis, because it travels as a file beside the handler; got a value of the deployment at '${late}'`);
}

/** A model that fails is not asked again by falling back on itself. */
export function warnOfIdleFallback(scope: IConstruct, { otherwise, rules, classifier, fallback, models }: RoutingTable): void {
  const chosen = [otherwise, ...rules.map(({ to }) => to), ...(classifier?.classes ?? []).map(({ to }) => to)].flat().map(({ model }) => model);
  const [only] = fallback;
  if (only === undefined || [...chosen, ...fallback].some((model) => model !== only)) return;
  Annotations.of(scope).addWarningV2('cdk-genai-patterns:fallbackWithoutEffect',
    `'fallback' of the router has no effect, because it holds only ${models[only].name}, which answers all requests: put another model into it, or leave it out`);
}

function unresolvedIn(value: unknown, path: string): string | undefined {
  if (Token.isUnresolved(value)) return path;
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).map(([key, inner]) => unresolvedIn(inner, `${path}.${key}`)).find((found) => found !== undefined);
}

function requireDistinct(scope: IConstruct, prop: string, names: readonly string[]): void {
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) fail(scope, `'${prop}' must have names of their own, got '${twice}' twice`);
}
