import { Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';

/** Stops the synthesis with a message that says where it happened. aws-cdk-lib's own error class is internal. */
export function fail(scope: IConstruct, message: string): never {
  const path = scope.node.path;
  throw new Error(path === '' ? message : `${path}: ${message}`);
}

/** Holds a number to a range; a Token is known at deploy time only, and the service checks it then. */
export function requireBetween(scope: IConstruct, prop: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!(value >= min && value <= max)) fail(scope, `'${prop}' must be between ${min} and ${max}, got ${value}`);
}

/** Holds a number to whole numbers of a range. */
export function requireInteger(scope: IConstruct, prop: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!Number.isInteger(value) || value < min || value > max) fail(scope, `'${prop}' must be a whole number between ${min} and ${max}, got ${value}`);
}

/** Holds a text to a number of characters. */
export function requireLength(scope: IConstruct, prop: string, value: string | undefined, min: number, max: number): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (value.length < min || value.length > max) fail(scope, `'${prop}' must have between ${min} and ${max} characters, got ${value.length}`);
}

/** Holds a list to a number of entries. */
export function requireCount(scope: IConstruct, prop: string, values: readonly unknown[] | undefined, min: number, max: number): void {
  if (values === undefined || Token.isUnresolved(values)) return;
  if (values.length < min || values.length > max) fail(scope, `'${prop}' must have between ${min} and ${max} entries, got ${values.length}`);
}

/** Holds a text to a pattern; `shape` says the pattern in words. */
export function requirePattern(scope: IConstruct, prop: string, value: string | undefined, pattern: RegExp, shape: string): void {
  if (value === undefined || Token.isUnresolved(value)) return;
  if (!pattern.test(value)) fail(scope, `'${prop}' must be ${shape}, got '${value}'`);
}
