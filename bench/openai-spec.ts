import { join } from 'node:path';
import Ajv from 'ajv/dist/2020';
import { type Chat, type Reply, withChat } from './cloud';
import { readJson, Refusal } from './data';
import type { Row } from './row';

const WEATHER = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
};
const hello = [{ role: 'user', content: 'Hello' }];
const model = 'global.amazon.nova-2-lite-v1:0';
const call = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } };
const withTools = { model, messages: [{ role: 'user', content: 'Call get_weather for Oslo' }], tools: [WEATHER] };
const afterTools = { model, messages: [...withTools.messages, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_1', content: 'Rain' }], tools: [WEATHER] };

type Schema = 'CreateChatCompletionStreamResponse' | 'CreateChatCompletionResponse' | 'ListModelsResponse' | 'ErrorResponse';

interface Recording {
  readonly what: string;
  readonly status: number;
  readonly schema: Schema;
  /** What the last event of a stream that broke must be; the others are chunks. */
  readonly last?: Schema;
  readonly request?: object;
  reply(chat: Chat): Promise<Reply>;
}

const asked = (what: string, request: object): Recording[] => [
  { what, status: 200, schema: 'CreateChatCompletionResponse', request, reply: (chat) => chat.complete(request) },
  { what: `${what}, streamed`, status: 200, schema: 'CreateChatCompletionStreamResponse', request, reply: (chat) => chat.complete({ ...request, stream: true }) },
  {
    what: `${what}, streamed with usage`,
    status: 200,
    schema: 'CreateChatCompletionStreamResponse',
    request,
    reply: (chat) => chat.complete({ ...request, stream: true, stream_options: { include_usage: true } }),
  },
];

const refused = (what: string, status: number, reply: Recording['reply']): Recording => ({ what, status, schema: 'ErrorResponse', reply });

/** Answers while something is wrong with the model; the faults hold for one call. */
const failing = (kind: 'error' | 'unfinished' | 'throttle', times: number, send: Recording['reply']): Recording['reply'] => (chat) => {
  chat.cloud.faults.set({ kind, times });
  return send(chat).finally(() => chat.cloud.faults.set({ kind: 'none' }));
};
const streamed: Recording['reply'] = (chat) => chat.complete({ model, messages: hello, stream: true });

const recordings: Recording[] = [
  ...asked('an answer', { model, messages: hello }),
  ...asked('an answer with instructions and limits', {
    model, messages: [{ role: 'system', content: 'Be brief' }, { role: 'developer', content: 'Be kind' }, ...hello], max_tokens: 5, temperature: 0.2, stop: ['xyz'],
  }),
  ...asked('a tool call', withTools),
  ...asked('an answer after a tool call', afterTools),
  { what: 'the models', status: 200, schema: 'ListModelsResponse', reply: (chat) => chat.get('v1/models') },
  refused('no token', 401, (chat) => chat.complete({ messages: hello }, '')),
  refused('a token that is none', 401, (chat) => chat.complete({ messages: hello }, 'nonsense')),
  refused('an unknown model', 404, (chat) => chat.complete({ model: 'no-such-model', messages: hello })),
  refused('messages of a wrong type', 400, (chat) => chat.complete({ model, messages: 'Hello' })),
  refused('no messages', 400, (chat) => chat.complete({ model })),
  refused('an unknown conversation', 404, (chat) => chat.get('v1/conversations/none')),
  refused('a model that throttles', 429, failing('throttle', 10, streamed)),
  { what: 'a model that fails in the middle', status: 200, schema: 'CreateChatCompletionStreamResponse', last: 'ErrorResponse', reply: failing('error', 1, streamed) },
  { what: 'a model that never ends', status: 200, schema: 'CreateChatCompletionStreamResponse', last: 'ErrorResponse', reply: failing('unfinished', 1, streamed) },
];

const openaiSpec: Row = {
  name: 'openai-spec',
  title: 'answers of the chat example, held to the JSON schemas of OpenAI\'s API',
  needs: ['schemas'],
  run: ({ schemas = '' }) => withChat(async (chat) => {
    const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema(readJson("'--schemas DIR/chat-schemas.json'", join(schemas, 'chat-schemas.json')) as object, 'openai');
    const faults = (schema: string, value: unknown): string[] => {
      const validate = ajv.getSchema(`openai#/definitions/${schema}`);
      if (!validate) throw new Refusal(`'--schemas' ${schemas} has no schema ${schema}`);
      return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${schema} ${instancePath} ${message}: ${JSON.stringify(value)}`);
    };

    let checked = 0;
    const problems: string[] = [];
    for (const { what, status, schema, last = schema, request, reply } of recordings) {
      const { status: given, json, done } = await reply(chat);
      checked += json.length;
      const found = [
        ...(given === status ? [] : [`status ${given} instead of ${status}: ${JSON.stringify(json[0])}`]),
        ...(schema === 'CreateChatCompletionStreamResponse' && done !== (last === schema) ? [done ? 'ends like a whole stream' : 'does not end with [DONE]'] : []),
        ...(request ? faults('CreateChatCompletionRequest', request) : []),
        ...json.flatMap((value, index) => faults(index === json.length - 1 ? last : schema, value)),
      ];
      problems.push(...found.map((problem) => `${what}: ${problem}`));
    }
    return {
      figures: [
        { name: 'answers', value: recordings.length, unit: '', kind: 'check' },
        { name: 'objects checked', value: checked, unit: '', kind: 'check' },
        { name: 'problems', value: problems.length, unit: '', goal: 0, kind: 'check' },
      ],
      notes: problems.slice(0, 20),
    };
  }),
};

export default openaiSpec;
