import * as v from 'valibot';
import { responseFormat } from './answer-format';
import { placeOfMessage } from './message-id';

/** As many as OpenAI takes. */
const MOST_TOOLS = 128;

/** Functions are named alike in OpenAI's API and in Converse. */
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const toolName = v.pipe(v.string(), v.regex(TOOL_NAME, 'must be 1 to 64 letters, digits, _ or -'));

/** A name goes into the prompt as a line of its own, so nothing in it may look like anything else. */
const name = v.optional(v.pipe(v.string(), v.regex(/^[^\s<|\\/>]{1,64}$/u, 'must be 1 to 64 characters without white space, <, |, \\, / or >')));

const text = v.object({ type: v.literal('text'), text: v.string() });
const refusal = v.pipe(v.object({ type: v.literal('refusal'), refusal: v.string() }), v.transform((part) => ({ type: 'text' as const, text: part.refusal })));
const image = v.object({ type: v.literal('image_url'), image_url: v.object({ url: v.string() }) });

const file = v.object({
  type: v.literal('file'),
  file: v.object({ filename: absent(v.pipe(v.string(), v.maxLength(255, 'must have at most 255 characters'))), file_data: absent(v.string()), file_id: absent(v.string()) }),
});

const words = stringOr(v.array(v.variant('type', [text])));
const answerWords = stringOr(v.array(v.variant('type', [text, refusal])));
const wordsAndImages = stringOr(v.pipe(v.array(v.variant('type', [text, image, file])), v.minLength(1, 'must not be empty')));

const toolCall = v.object({
  id: v.pipe(v.string(), v.minLength(1, 'must not be empty')),
  type: v.literal('function'),
  function: v.object({ name: toolName, arguments: v.string() }),
});

const message = v.variant('role', [
  v.object({ role: v.picklist(['system', 'developer']), content: words, name }),
  v.object({ role: v.literal('user'), content: wordsAndImages, name }),
  v.object({ role: v.literal('assistant'), content: v.optional(v.nullable(answerWords), null), name, tool_calls: absent(v.pipe(v.array(toolCall), v.maxLength(MOST_TOOLS, `must hold at most ${MOST_TOOLS} calls`))) }),
  v.object({ role: v.literal('tool'), content: words, tool_call_id: v.pipe(v.string(), v.minLength(1, 'must not be empty')) }),
]);

const tool = v.object({
  type: v.literal('function', 'must be \'function\': other kinds of tools are not supported'),
  function: v.object({
    name: toolName,
    description: absent(v.string()),
    parameters: absent(v.record(v.string(), v.unknown())),
  }),
});

const toolChoice = v.union([
  v.picklist(['none', 'auto', 'required']),
  v.object({ type: v.literal('function'), function: v.object({ name: v.string() }) }),
], 'must be \'none\', \'auto\', \'required\' or a function by its name');

const positive = v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(1, 'must be at least 1'));
const between = (least: number, most: number) => v.pipe(v.number(), v.minValue(least, `must be between ${least} and ${most}`), v.maxValue(most, `must be between ${least} and ${most}`));
const stopWord = v.pipe(v.string(), v.minLength(1, 'must not be empty'));

const messageId = v.pipe(v.string(), v.check((id) => placeOfMessage(id) !== undefined, 'must be the id of a message, as reading a conversation gives it'));

export const chatBody = v.object({
  messages: v.pipe(v.array(message), v.minLength(1, 'must hold at least one message')),
  model: absent(v.string()),
  conversation_id: absent(v.string()),
  parent_message_id: absent(messageId),
  edit_message_id: absent(messageId),
  regenerate_message_id: absent(messageId),
  stream: absent(v.boolean()),
  stream_options: absent(v.object({ include_usage: absent(v.boolean()) })),
  max_tokens: absent(positive),
  max_completion_tokens: absent(positive),
  temperature: absent(between(0, 2)),
  top_p: absent(between(0, 1)),
  stop: absent(stringOr(v.pipe(v.array(stopWord), v.maxLength(4, 'must hold at most 4 sequences')), stopWord)),
  tools: absent(v.pipe(v.array(tool), v.maxLength(MOST_TOOLS, `must hold at most ${MOST_TOOLS} tools`))),
  tool_choice: absent(toolChoice),
  response_format: absent(responseFormat),
});

/** A request for another answer to what was said before: it brings nothing new. */
export const regenerateBody = v.object({
  ...chatBody.entries,
  messages: v.pipe(v.optional(v.nullable(v.array(message)), null), v.transform((messages) => messages ?? []), v.maxLength(0, 'must be empty: \'regenerate_message_id\' asks what was said before once more')),
});

/** Clients write null where they mean nothing. */
function absent<Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(v.optional(v.nullable(schema)), v.transform((value) => value ?? undefined));
}

/** Chosen by what is there, so that an error names the part that is wrong and not the choice. */
function stringOr<List extends v.GenericSchema>(list: List, single: v.GenericSchema<string> = v.string()) {
  type Either = v.GenericSchema<unknown, string | v.InferOutput<List>>;
  return v.lazy((input: unknown) => (Array.isArray(input) ? list : single) as Either);
}
