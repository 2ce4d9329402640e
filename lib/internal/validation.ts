import { type Duration, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';

/** Stops the synthesis with a message that says where it happened. aws-cdk-lib's own error class is internal. */
export function fail(scope: IConstruct, message: string): never {
  const path = scope.node.path;
  throw new Error(path === '' ? message : `${path}: ${message}`);
}

/** Refuses what only the deployment knows; `why` says who has to know it before. */
export function requireKnown(scope: IConstruct, prop: string, value: unknown, why: string): void {
  if (Token.isUnresolved(value)) fail(scope, `'${prop}' must be known when the stack is synthesized, ${why}, got a token: write the value itself, or take it from the app's context`);
}

/** Holds a number to a range; a Token is known at deploy time only, and the service checks it then. */
export function requireBetween(scope: IConstruct, prop: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!(value >= min && value <= max)) fail(scope, `'${prop}' must be between ${min} and ${max}, got ${value}`);
}

/** Holds a number to whole numbers of a range; `why` says what the end of the range is, `way` what else to do. */
export function requireInteger(scope: IConstruct, prop: string, value: number | undefined, min: number, max: number, why = '', way = ''): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (Number.isInteger(value) && value >= min && value <= max) return;
  fail(scope, `'${prop}' must be a whole number between ${min} and ${max}${why}, got ${value}${way === '' ? '' : `: ${way}`}`);
}

/** Holds a number to whole numbers that have no end. */
export function requireAtLeast(scope: IConstruct, prop: string, value: number | undefined, min: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!Number.isInteger(value) || value < min) fail(scope, `'${prop}' must be a whole number, at least ${min}, got ${value}`);
}

/** Holds a time to whole seconds of a range, and speaks of it in the units that people use. */
export function requireDuration(scope: IConstruct, prop: string, value: Duration | undefined, min: Duration, max: Duration): void {
  requireMade(scope, prop, value, 'toSeconds', `Duration, such as Duration.seconds(${min.toSeconds()})`);
  if (value === undefined || value.isUnresolved()) return;
  const seconds = value.toSeconds({ integral: false });
  const range = `between ${min.toHumanString()} and ${max.toHumanString()}`;
  if (!(seconds >= min.toSeconds() && seconds <= max.toSeconds())) fail(scope, `'${prop}' must be ${range}, got ${value.toHumanString()}`);
  if (!Number.isInteger(seconds)) fail(scope, `'${prop}' must be ${range}, in whole seconds, got ${seconds} seconds`);
}

/** Holds a text to a number of characters; `why` says what the end of the range is. */
export function requireLength(scope: IConstruct, prop: string, value: string | undefined, min: number, max: number, why = ''): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (typeof value !== 'string') fail(scope, `'${prop}' must be a text, got ${shown(value)}`);
  if (value.length < min || value.length > max) fail(scope, `'${prop}' must have between ${min} and ${max} characters${why}, got ${value.length}`);
}

/** Holds a list to a number of entries. */
export function requireCount(scope: IConstruct, prop: string, values: readonly unknown[] | undefined, min: number, max: number): void {
  if (values === undefined || Token.isUnresolved(values)) return;
  if (!Array.isArray(values)) fail(scope, `'${prop}' must be a list, got ${shown(values)}: put it in brackets`);
  if (values.length < min || values.length > max) fail(scope, `'${prop}' must have between ${min} and ${max} entries, got ${values.length}`);
}

/** Refuses an empty list, for whoever writes one seldom means what leaving it out means; `example` is an entry. */
export function requireSome(scope: IConstruct, prop: string, values: readonly unknown[] | undefined, example: string): void {
  requireCount(scope, prop, values, 0, Infinity);
  if (values?.length === 0) fail(scope, `'${prop}' must have an entry, such as ${example}, or be left out, got an empty list`);
}

/** Holds a text to a pattern; `shape` says the pattern in words. */
export function requirePattern(scope: IConstruct, prop: string, value: string | undefined, pattern: RegExp, shape: string): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!pattern.test(value)) fail(scope, `'${prop}' must be ${shape}, got ${shown(value)}`);
}

/** Holds a prop to what a factory makes, which a method of it tells: JavaScript has no compiler that would. */
export function requireMade(scope: IConstruct, prop: string, value: object | undefined, method: string, factory: string): void {
  if (value === undefined || value === null) return;
  if (typeof (value as Record<string, unknown>)[method] !== 'function') fail(scope, `'${prop}' must be made by ${factory}, got ${shown(value)}`);
}

/** The id of what a method adds, which can be there once only. */
export function requireFirst(scope: IConstruct, id: string, method: string): string {
  if (scope.node.tryFindChild(id)) fail(scope, `'${method}' may be called once: it has added what it adds, so give all options to that call and keep what it returns`);
  return id;
}

/** What came, as its author would recognise it, and never at length. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 200 ? `'${value.slice(0, 200)}…'` : `'${value}'`;
  return typeof value === 'object' && value !== null ? `an object of ${value.constructor?.name ?? 'no class'}` : String(value);
}
