import { getEventListeners } from 'node:events';
import { type AnswerPlan, type Generated, generate } from '../../../lambda/generation/generation';
import { ApiError } from '../../../lambda/kit/http';
import { ModelFailure, type ModelFailureKind, type Prompt } from '../../../lambda/ports/model';
import { FakeClock } from '../fakes/clock';
import { collect } from '../fakes/collect';
import { calls, says, ScriptedModel, stop, text, usage, type Script } from '../fakes/model';
import { facts } from '../fakes/policy';

const prompt: Prompt = { modelId: 'm', system: [], messages: [], tools: [], maxTokens: 10, stop: [], streaming: true };
const alone: AnswerPlan = { candidates: [{ facts, prompt: async () => prompt }] };
const nothing = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
const throttled = new ModelFailure('throttled', 'Too many requests');

test('passes words on as they come and ends with the whole answer', async () => {
  const { events } = await run([says('Hel', 'lo')]);
  expect(events).toEqual([
    { type: 'text', text: 'Hel' },
    { type: 'text', text: 'lo' },
    { type: 'finish', reason: 'stop', facts, message: { role: 'assistant', content: 'Hello' }, tokens: { input: 10, output: 4, cacheRead: 100, cacheWrite: 20 } },
  ]);
});

test.each([
  ['end_turn', 'stop'], ['stop_sequence', 'stop'], ['max_tokens', 'length'], ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content_filter'], ['content_filtered', 'content_filter'],
])('tells the stop reason %s as %s', async (reason, finish) => {
  const { events } = await run([[text('a'), stop(reason), usage]]);
  expect(events.at(-1)).toMatchObject({ type: 'finish', reason: finish });
});

test('numbers tool calls from 0 without gaps, whatever blocks they are', async () => {
  const { events } = await run([[
    text('Let me see.'),
    { type: 'toolStart', block: 3, id: 'x', name: 'weather' }, { type: 'toolInput', block: 3, json: '{"city":' }, { type: 'toolInput', block: 3, json: '"Ulm"}' },
    { type: 'toolStart', block: 7, id: 'y', name: 'clock' }, { type: 'toolInput', block: 7, json: '{}' },
    stop('tool_use'), usage,
  ]]);
  expect(events.filter(({ type }) => type === 'toolCall')).toEqual([{ type: 'toolCall', index: 0, id: 'x', name: 'weather' }, { type: 'toolCall', index: 1, id: 'y', name: 'clock' }]);
  expect(events.at(-1)).toMatchObject({
    reason: 'tool_calls',
    message: {
      tool_calls: [
        { id: 'x', type: 'function', function: { name: 'weather', arguments: '{"city":"Ulm"}' } },
        { id: 'y', type: 'function', function: { name: 'clock', arguments: '{}' } },
      ],
    },
  });
});

test('gives a call without input an empty object', async () => {
  const { events } = await run([calls('clock', '')]);
  expect(events).toContainEqual({ type: 'toolInput', index: 0, json: '{}' });
  expect(events.at(-1)).toMatchObject({ message: { tool_calls: [{ function: { arguments: '{}' } }] } });
});

test.each([[['{"city":"U']], [[]]])('leaves a call out of the answer that the token limit cut off (%j)', async (json) => {
  const cut = calls('weather', ...json).map((event) => !(event instanceof Error) && event !== 'silence' && event.type === 'stop' ? stop('max_tokens') : event);
  const { events } = await run([cut]);
  expect(events.at(-1)).toMatchObject({ reason: 'length', message: { role: 'assistant', content: null } });
  expect(events.at(-1)).not.toHaveProperty('message.tool_calls');
  expect(events).not.toContainEqual(expect.objectContaining({ json: '{}' }));
});

test.each<[string, Script]>([
  ['without an end', [text('Hel')]],
  ['with half a tool call', calls('weather', '{"city":"U')],
  ['that cannot be read', [text('a'), stop('malformed_tool_use')]],
  ['with input for no tool', [text('a'), { type: 'toolInput', block: 5, json: '{' }]],
])('refuses an answer %s', async (_, script) => {
  expect((await run([script])).error).toMatchObject({ status: 503, code: 'model_unavailable' });
});

test.each<ModelFailureKind>(['throttled', 'unavailable'])('tries again when the model is %s before the first word', async (kind) => {
  const { events, clock, model } = await run([[new ModelFailure(kind, 'not now')], [new ModelFailure(kind, 'not now')], says('Hello')]);
  expect(events.slice(0, 3)).toEqual([{ type: 'retry', reason: kind, model: 'some-model' }, { type: 'retry', reason: kind, model: 'some-model' }, { type: 'text', text: 'Hello' }]);
  expect(model.prompts).toHaveLength(3);
  // Full jitter: the chance decides how much of a ceiling that doubles is waited.
  expect(clock.pauses).toEqual([250, 500]);
});

test('tries again when a stream breaks off before its first word', async () => {
  const { events } = await run([[], says('Hello')]);
  expect(events.map(({ type }) => type)).toEqual(['retry', 'text', 'finish']);
});

test('gives up after four attempts and says when to come back', async () => {
  const { model, error } = await run([[throttled]]);
  expect(model.prompts).toHaveLength(4);
  expect(error).toMatchObject({ status: 429, type: 'rate_limit_error', headers: { 'retry-after': '5' } });
});

test('never tries again once a word was said', async () => {
  const { events, model, error } = await run([[text('Hel'), throttled], says('Hello')]);
  expect(events).toEqual([{ type: 'text', text: 'Hel' }]);
  expect(model.prompts).toHaveLength(1);
  expect(error).toMatchObject({ status: 429 });
});

test('never tries a refused request again', async () => {
  const { model, error } = await run([[new ModelFailure('refused', 'bad image')]]);
  expect(model.prompts).toHaveLength(1);
  expect(error).toMatchObject({ status: 400, message: 'The model refused the request: bad image' });
});

test('says that a prompt is too long for the model', async () => {
  expect((await run([[new ModelFailure('tooLong', 'input is too long')]])).error).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'messages' });
});

test('ends when time is up, even if the model says nothing any more', async () => {
  const deadline = new AbortController();
  setTimeout(() => deadline.abort(), 5);
  const { events, error } = await run([[text('Hel'), 'silence']], deadline.signal);
  expect(events).toEqual([{ type: 'text', text: 'Hel' }]);
  expect(error).toMatchObject({ status: 504, code: 'timeout' });
});

test('ends with what was said when its reader has read enough, and counts what the model takes in the end', async () => {
  const stopped = new AbortController();
  const model = new ScriptedModel([[text('Hel'), ...calls('weather', '{"city":"Ulm"}')]]);
  const events = [];
  for await (const event of generate(alone, model, new FakeClock(), { signal: new AbortController().signal, stop: stopped.signal })) {
    events.push(event);
    if (event.type === 'toolInput') stopped.abort();
  }
  const end = events.at(-1) as Generated;
  expect(end).toMatchObject({ type: 'finish', reason: 'stop', message: { role: 'assistant', content: 'Hel' } });
  expect(end.message).not.toHaveProperty('tool_calls');
  expect(await end.stopped).toEqual({ input: 10, output: 4, cacheRead: 100, cacheWrite: 20 });
});

test('ends a model that says nothing when its reader has read enough, and waits no longer than there is time to count', async () => {
  const [stopped, deadline] = [new AbortController(), new AbortController()];
  const model = new ScriptedModel([[text('Hel'), 'silence']]);
  setTimeout(() => stopped.abort(), 5);
  setTimeout(() => deadline.abort(), 20);
  const { items } = await collect(generate(alone, model, new FakeClock(), { signal: deadline.signal, stop: stopped.signal }));
  expect(items.at(-1)).toMatchObject({ reason: 'stop', message: { content: 'Hel' } });
  expect(await (items.at(-1) as Generated).stopped).toBeUndefined();
});

test('asks a busy model no more when its reader has read enough', async () => {
  const stopped = new AbortController();
  const model = new ScriptedModel([[throttled]]);
  const clock = new FakeClock();
  clock.pause = () => new Promise(() => stopped.abort());
  const { items } = await collect(generate(alone, model, clock, { signal: new AbortController().signal, stop: stopped.signal }));
  expect(items.at(-1)).toMatchObject({ reason: 'stop', message: { content: null } });
  expect(await (items.at(-1) as Generated).stopped).toEqual(nothing);
  expect(model.prompts).toHaveLength(1);
});

test('asks no model when its reader has read enough before the prompt is built, and counts nothing', async () => {
  const stopped = new AbortController();
  const model = new ScriptedModel([says('Hello')]);
  const plan: AnswerPlan = { candidates: [{ facts, prompt: () => new Promise(() => stopped.abort()) }] };
  const { items } = await collect(generate(plan, model, new FakeClock(), { signal: new AbortController().signal, stop: stopped.signal }));
  expect(items.at(-1)).toMatchObject({ reason: 'stop', message: { content: null } });
  expect(await (items.at(-1) as Generated).stopped).toEqual(nothing);
  expect(model.prompts).toEqual([]);
});

test('passes an error on that nobody foresaw', async () => {
  const error = new Error('AccessDenied');
  expect((await run([[error]])).error).toBe(error);
  expect(error).not.toBeInstanceOf(ApiError);
});

test.each([['an answer', says('a')], ['a failure', [new ModelFailure('refused', 'No')]]] satisfies [string, Script][])('leaves nobody behind who listens to the end of time, after %s', async (_, script) => {
  const { signal } = new AbortController();
  await run([script], signal);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('leaves nobody behind who listens to the end of time when nobody reads on', async () => {
  const [{ signal }, stopping] = [new AbortController(), new AbortController()];
  for await (const event of generate(alone, new ScriptedModel([says('a', 'b')]), new FakeClock(), { signal, stop: stopping.signal })) {
    expect(event).toEqual({ type: 'text', text: 'a' });
    break;
  }
  expect([signal, stopping.signal].map((each) => getEventListeners(each, 'abort'))).toEqual([[], []]);
});

async function run(scripts: Script[], signal = new AbortController().signal) {
  const model = new ScriptedModel(scripts);
  const clock = new FakeClock();
  const { items: events, error } = await collect(generate(alone, model, clock, { signal }));
  return { events, error, model, clock };
}
