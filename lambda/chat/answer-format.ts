import * as v from 'valibot';
import { requireSchema } from './schema-shape';
import { isBlank } from '../generation/normalise';
import { BadRequest } from '../kit/http';
import type { JsonSchema } from '../ports/json-schemas';
import type { Prompt, PromptMessage } from '../ports/model';

/** A form that an answer has to have: any JSON object, or what fits a schema. */
export interface AnswerFormat {
  readonly schema?: NamedSchema;
}

export interface NamedSchema {
  readonly name: string;
  readonly description?: string;
  readonly schema: Exclude<JsonSchema, boolean>;
}

const MOST_SCHEMA_BYTES = 64 * 1024;
const DEEPEST = 32;
const LONGEST_PATTERN = 200;
/** A repetition of what repeats itself: on some texts it takes for ever to find that it does not match. */
const RUNAWAY = /[+*}][^()]*\)[+*{]/;

export const responseFormat = v.variant('type', [
  v.object({ type: v.literal('text') }),
  v.object({ type: v.literal('json_object') }),
  v.object({
    type: v.literal('json_schema'),
    json_schema: v.object({
      name: v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, _ or -')),
      description: v.nullish(v.string()),
      schema: v.nullish(v.record(v.string(), v.unknown())),
      strict: v.nullish(v.boolean()),
    }),
  }),
], 'must be { type: \'text\' }, { type: \'json_object\' } or { type: \'json_schema\', json_schema: … }');

export function answerFormat(format: v.InferOutput<typeof responseFormat> | undefined): AnswerFormat | undefined {
  if (format?.type === 'json_object') return {};
  if (format?.type !== 'json_schema') return undefined;
  const { name, description, schema } = format.json_schema;
  if (!schema) return {};
  requireSafe(schema, SCHEMA_FIELD);
  requireSchema(schema, SCHEMA_FIELD);
  if (Buffer.byteLength(JSON.stringify(schema)) > MOST_SCHEMA_BYTES) throw new BadRequest(SCHEMA_FIELD, `'${SCHEMA_FIELD}' must be at most ${MOST_SCHEMA_BYTES / 1024} KB.`, 'invalid_value');
  return { schema: { name, schema, ...(description && { description }) } };
}

export const SCHEMA_FIELD = 'response_format.json_schema.schema';

/** What the model is told of the form. It stands with the client's instructions, for it is the client's. */
export function formatInstruction({ schema }: AnswerFormat): string {
  const document = 'Answer with one JSON document and nothing else: no words before or after it, no code fence.';
  return schema
    ? `${document} ${schema.description ? `It is ${schema.name}: ${schema.description}. ` : ''}It must fit this JSON schema:\n${JSON.stringify(schema.schema)}`
    : `${document} It must be a JSON object.`;
}

/** The prompt again, with the answer that did not fit and what was wrong with it. */
export function repairPrompt(prompt: Prompt, answer: string, problems: readonly string[]): Prompt {
  const wrong = `That was not what was asked for: ${problems.join('; ')}. Give the whole answer again, as one JSON document and nothing else.`;
  const last = prompt.messages[prompt.messages.length - 1];
  const asked = { kind: 'text', text: wrong } as const;
  const messages: PromptMessage[] = isBlank(answer)
    ? [...prompt.messages.slice(0, -1), { ...last, content: [...last.content, asked] }]
    : [...prompt.messages, { role: 'assistant', content: [{ kind: 'text', text: answer }] }, { role: 'user', content: [asked] }];
  return { ...prompt, messages };
}

/** The JSON document in what a model said: models like to put a fence around it, or a word before it. */
export function documentIn(text: string): { readonly json: string; readonly value: unknown } | undefined {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n?```/.exec(text)?.[1];
  const from = text.search(/[{[]/);
  const to = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  for (const candidate of [text.trim(), fenced?.trim(), from >= 0 && to > from ? text.slice(from, to + 1) : undefined]) {
    if (!candidate) continue;
    try {
      return { json: candidate, value: JSON.parse(candidate) };
    } catch {
      // The next may be one.
    }
  }
  return undefined;
}

/** A schema is a caller's: it must not take our time, and lead nowhere. */
function requireSafe(value: unknown, path: string, depth = 0): void {
  if (depth > DEEPEST) throw new BadRequest(SCHEMA_FIELD, `'${SCHEMA_FIELD}' must not be nested more than ${DEEPEST} levels deep.`, 'invalid_value');
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const at = `${path}.${key}`;
    if (key === '$ref' && typeof item === 'string' && !item.startsWith('#')) throw new BadRequest(at, `'${at}' must point into the schema itself, as #/$defs/name does: nothing is fetched.`, 'invalid_value');
    if (key === 'pattern' && typeof item === 'string') requirePattern(item, at);
    if (key === 'patternProperties' && typeof item === 'object' && item !== null) Object.keys(item).forEach((pattern) => requirePattern(pattern, at));
    requireSafe(item, at, depth + 1);
  }
}

function requirePattern(pattern: string, path: string): void {
  try {
    new RegExp(pattern, 'u');
  } catch {
    throw new BadRequest(path, `'${path}' must be a regular expression.`, 'invalid_value');
  }
  if (pattern.length <= LONGEST_PATTERN && !RUNAWAY.test(pattern)) return;
  throw new BadRequest(path, `'${path}' must be a regular expression of at most ${LONGEST_PATTERN} characters, in which nothing that repeats is repeated as a whole.`, 'invalid_value');
}
