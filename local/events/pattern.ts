import { matchesWildcard } from '../iam/policy';

/** An event pattern: fields of an event, each with the values or tests of which one must hold. */
export interface Pattern { readonly [field: string]: unknown }

/** Whether an event has what a pattern asks for, as EventBridge and Lambda's filters mean it. */
export function matchesPattern(pattern: Pattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, wanted]) => {
    if (field === '$or') return (wanted as Pattern[]).some((one) => matchesPattern(one, event));
    const value = isObject(event) ? event[field] : undefined;
    if (Array.isArray(wanted)) return wanted.some((test) => holds(test, value));
    if (isObject(wanted)) return matchesPattern(wanted, value);
    throw new Error(`'${field}' of an event pattern must be a list or an object, got ${JSON.stringify(wanted)}`);
  });
}

/** One test of one field; of a list one element must pass. */
function holds(test: unknown, value: unknown): boolean {
  if (isObject(test) && 'exists' in test) return (value !== undefined) === test.exists;
  if (Array.isArray(value)) return value.some((element) => holds(test, element));
  if (!isObject(test)) return test === value;
  const [[kind, argument]] = Object.entries(test);
  const text = typeof value === 'string' ? value : undefined;
  switch (kind) {
    case 'prefix': return text !== undefined && begins(text, argument);
    case 'suffix': return text !== undefined && ends(text, argument);
    case 'equals-ignore-case': return text?.toLowerCase() === String(argument).toLowerCase();
    case 'wildcard': return text !== undefined && matchesWildcard(String(argument).replaceAll('?', '\u0000'), text.replaceAll('?', '\u0000'));
    case 'anything-but': return value !== undefined && !many(argument).some((other) => holds(other, value));
    case 'numeric': return typeof value === 'number' && numbers(argument as (string | number)[], value);
    default: throw new Error(`the local cloud does not know '${kind}' of event patterns`);
  }
}

function begins(text: string, argument: unknown): boolean {
  return isObject(argument) ? text.toLowerCase().startsWith(String(argument['equals-ignore-case']).toLowerCase()) : text.startsWith(String(argument));
}

function ends(text: string, argument: unknown): boolean {
  return isObject(argument) ? text.toLowerCase().endsWith(String(argument['equals-ignore-case']).toLowerCase()) : text.endsWith(String(argument));
}

/** `['>', 0, '<=', 5]` */
function numbers(comparisons: readonly (string | number)[], value: number): boolean {
  for (let at = 0; at < comparisons.length; at += 2) {
    const limit = Number(comparisons[at + 1]);
    const passes = { '=': value === limit, '<': value < limit, '<=': value <= limit, '>': value > limit, '>=': value >= limit }[String(comparisons[at])];
    if (!passes) return false;
  }
  return true;
}

function many(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
