import { type AnswerFormat, documentIn, SCHEMA_FIELD } from './answer-format';
import type { Generated, GenerationEvent } from '../generation/generation';
import { BadRequest, Unformed } from '../kit/http';
import type { JsonSchemas } from '../ports/json-schemas';
import type { TokenUsage } from '../ports/model';

/** Asks for an answer; a second time with the one that did not fit and what was wrong with it. */
export type Ask = (repair?: Repair) => AsyncIterable<GenerationEvent>;

export interface Repair {
  readonly answer: string;
  readonly problems: readonly string[];
  /** The model that gave it, which gives the next too. */
  readonly modelId: string;
}

/**
 * An answer in the form that was asked for, told only when it holds: half a document is of no use, and what has been read cannot be
 * taken back. One that does not hold is asked for once more; a second is an error, and nothing of it is kept.
 */
export async function* formedAnswer(ask: Ask, format: AnswerFormat, schemas: JsonSchemas): AsyncGenerator<GenerationEvent, void> {
  await requireFollowable(format, schemas);
  let spent: Generated | undefined;
  for (let repair: Repair | undefined; ;) {
    const words: string[] = [];
    let calls = false;
    let finish: Generated | undefined;
    try {
      for await (const event of ask(repair)) {
        if (event.type === 'text') words.push(event.text);
        else if (event.type === 'finish') finish = event;
        else if (!(event.type === 'model' && repair)) yield event;
        calls ||= event.type === 'toolCall';
      }
    } catch (error) {
      // Whatever became of the second answer, the first was paid for.
      if (spent) yield { type: 'spent', facts: spent.facts, tokens: Promise.resolve(spent.tokens) };
      throw error;
    }
    if (!finish) throw new Error('an answer ended without its last event');
    const whole = {
      ...finish,
      ...(spent?.asides && { asides: spent.asides }),
      tokens: together(spent?.tokens, finish.tokens),
      ...(finish.stopped && { stopped: finish.stopped.then((tokens) => together(spent?.tokens, tokens)) }),
    };
    const answer = words.join('');
    // An answer that was cut off, stopped or blocked says so by its reason, and calls of tools are no document.
    if (calls || finish.reason !== 'stop' || finish.stopped) {
      if (answer !== '') yield { type: 'text', text: answer };
      yield whole;
      return;
    }

    const found = documentIn(answer);
    const problems = found ? await problemsOf(found.value, format, schemas) : ['it holds no JSON document that can be read'];
    if (found && problems.length === 0) {
      yield { type: 'text', text: found.json };
      yield { ...whole, message: { ...finish.message, content: found.json } };
      return;
    }
    if (repair) {
      yield { type: 'spent', facts: finish.facts, tokens: Promise.resolve(whole.tokens) };
      throw new Unformed(`The model's answer did not fit 'response_format', and neither did its second: ${problems.join('; ')}.`);
    }
    repair = { answer, problems, modelId: finish.facts.id };
    spent = finish;
  }
}

async function problemsOf(value: unknown, { schema }: AnswerFormat, schemas: JsonSchemas): Promise<string[]> {
  if (schema) return schemas.problems(schema.schema, value);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? [] : ['it must be a JSON object'];
}

/** Tried before the model is asked: a schema that cannot be followed is the caller's mistake. */
async function requireFollowable({ schema }: AnswerFormat, schemas: JsonSchemas): Promise<void> {
  if (!schema) return;
  try {
    await schemas.problems(schema.schema, {});
  } catch {
    throw new BadRequest(SCHEMA_FIELD, `'${SCHEMA_FIELD}' must be a JSON schema whose references can be followed.`, 'invalid_value');
  }
}

/** Both answers were paid for. */
function together(one: TokenUsage | undefined, other: TokenUsage | undefined): TokenUsage | undefined {
  if (!one || !other) return one ?? other;
  const hour = (one.cacheWriteHour ?? 0) + (other.cacheWriteHour ?? 0);
  return {
    ...other,
    input: one.input + other.input,
    output: one.output + other.output,
    cacheRead: one.cacheRead + other.cacheRead,
    cacheWrite: one.cacheWrite + other.cacheWrite,
    ...(hour > 0 && { cacheWriteHour: hour }),
  };
}
