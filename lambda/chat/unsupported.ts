import { BadRequest } from '../kit/http';

type Refusal = readonly [field: string, meansNothing: (value: unknown) => boolean, remedy: string];

const never = () => false;
const is = (...values: unknown[]) => (value: unknown) => values.includes(value);
const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const isTextOnly = (value: unknown) => Array.isArray(value) && value.every((item) => item === 'text');

/**
 * Fields of OpenAI's API whose meaning would be lost if they were passed over. Null, and the value that asks for nothing, are taken.
 * Passed over, for they change no answer: user, metadata, store, seed, prediction, safety_identifier, prompt_cache_key and its kin.
 */
const REFUSALS: readonly Refusal[] = [
  ['n', is(1), 'one answer is given to a request'],
  ['logprobs', is(false), 'the model gives no probabilities'],
  ['top_logprobs', is(0), 'the model gives no probabilities'],
  ['logit_bias', isEmpty, 'the model takes no bias'],
  ['frequency_penalty', is(0), 'the model takes no penalties'],
  ['presence_penalty', is(0), 'the model takes no penalties'],
  ['audio', never, 'answers are text'],
  ['modalities', isTextOnly, 'answers are text'],
  ['parallel_tool_calls', is(true), 'the model decides how many tools it calls at once'],
  ['functions', never, 'use \'tools\''],
  ['function_call', never, 'use \'tool_choice\''],
  ['web_search_options', never, 'the model does not search'],
  ['reasoning_effort', never, 'the effort of the model cannot be set'],
  ['verbosity', is('medium'), 'say in a message how long the answer should be'],
  ['service_tier', is('auto', 'default'), 'only the default tier is offered'],
  ['moderation', never, 'the API moderates by its own guardrail'],
];

export function refuseUnsupported(body: Readonly<Record<string, unknown>>): void {
  for (const [field, meansNothing, remedy] of REFUSALS) {
    const value = body[field];
    if (value === undefined || value === null || meansNothing(value)) continue;
    throw new BadRequest(field, `'${field}' is not supported here: ${remedy}.`, 'unsupported_parameter');
  }
}
