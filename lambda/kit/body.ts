import * as v from 'valibot';
import { BadRequest } from './http';

const DEEPEST = 64;

/** A body held to a schema, or an error that names the field. */
export function parseFields<Schema extends v.GenericSchema>(body: string, schema: Schema): v.InferOutput<Schema> {
  return validated(schema, bodyFields(body));
}

/** A body held to a schema, where something else has read it already. */
export function validated<Schema extends v.GenericSchema>(schema: Schema, fields: Record<string, unknown>): v.InferOutput<Schema> {
  const result = v.safeParse(schema, fields, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = (issue.path ?? []).reduce((told, { key }) => typeof key === 'number' ? `${told}[${key}]` : told === '' ? String(key) : `${told}.${String(key)}`, '');
  // Valibot's own message quotes what it was given, which may be long and is the caller's.
  const must = issue.kind === 'schema' && issue.message.startsWith('Invalid') ? requirement(issue) : issue.message;
  throw new BadRequest(path, `'${path}' ${must}.`, issue.input === undefined ? 'missing_required_parameter' : 'invalid_value');
}

export function bodyFields(body: string): Record<string, unknown> {
  const fields = parseBody(body);
  requireWholeText(fields, '');
  return fields;
}

function parseBody(body: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new BadRequest(undefined, 'The body must be JSON.', 'invalid_json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadRequest(undefined, 'The body must be a JSON object.', 'invalid_json');
  return value as Record<string, unknown>;
}

/** Half of a surrogate pair is no character: it cannot be written as UTF-8, so it would not be read back as it was. */
function requireWholeText(value: unknown, path: string, depth = 0): void {
  if (depth > DEEPEST) throw new BadRequest(path.slice(0, 200), `The body must not be nested more than ${DEEPEST} levels deep.`, 'invalid_json');
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw new BadRequest(path, `'${path}' holds half a character (a surrogate without its pair).`, 'invalid_text');
  } else if (Array.isArray(value)) {
    value.forEach((item, position) => requireWholeText(item, `${path}[${position}]`, depth + 1));
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      requireWholeText(key, path, depth);
      requireWholeText(item, path === '' ? key : `${path}.${key}`, depth + 1);
    }
  }
}

const KINDS: Readonly<Record<string, string>> = { Array: 'a list', Object: 'an object', string: 'a text', number: 'a number', boolean: 'a boolean' };

function requirement({ message, expected, input }: v.BaseIssue<unknown>): string {
  // Of a field that is missing, valibot expects the field's name.
  if (message.startsWith('Invalid key')) return 'must be given';
  const choices = (expected ?? 'something else').replace(/[()]/g, '').split(' | ').map((choice) => KINDS[choice] ?? choice.replace(/"/g, '\''));
  return `must be ${choices.join(' or ')}, got ${kindOf(input)}`;
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.length <= 40 ? `'${value}'` : 'another text';
  return typeof value === 'object' ? 'an object' : String(value);
}
