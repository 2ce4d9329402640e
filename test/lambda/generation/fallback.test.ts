import { type AnswerPlan, generate, type GenerationEvent } from '../../../lambda/generation/generation';
import { BadRequest } from '../../../lambda/kit/http';
import { type Model, ModelFailure, type ModelFailureKind, type Prompt } from '../../../lambda/ports/model';
import { FakeClock } from '../fakes/clock';
import { collect } from '../fakes/collect';
import { says, ScriptedModel, type Script, text } from '../fakes/model';
import { facts } from '../fakes/policy';

const failing = (kind: ModelFailureKind): Script => [new ModelFailure(kind, 'no')];

/** Models by their name, each with its own script for every call. */
class Fleet implements Model {
  readonly asked: string[] = [];
  private readonly models: Record<string, ScriptedModel>;

  constructor(scripts: Readonly<Record<string, Script[]>>) {
    this.models = Object.fromEntries(Object.entries(scripts).map(([name, script]) => [name, new ScriptedModel(script)]));
  }

  answer(prompt: Prompt) {
    this.asked.push(prompt.modelId);
    return this.models[prompt.modelId].answer(prompt);
  }
}

function plan(names: readonly string[], more: Partial<AnswerPlan> = {}): AnswerPlan {
  const candidates = names.map((name) => ({ facts: { ...facts, name }, prompt: async () => promptFor(name) }));
  return { candidates, reason: 'default', ...more };
}

function promptFor(name: string): Prompt {
  return { modelId: name, system: [], messages: [], tools: [], maxTokens: 10, stop: [], streaming: true };
}

async function run(scripts: Readonly<Record<string, Script[]>>, more: Partial<AnswerPlan> = {}, names = Object.keys(scripts)) {
  const fleet = new Fleet(scripts);
  const clock = new FakeClock();
  const { items, error } = await collect(generate(plan(names, more), fleet, clock, { signal: new AbortController().signal }));
  return { events: items, error, asked: fleet.asked, clock };
}

const kinds = (events: readonly GenerationEvent[]) => events.map(({ type }) => type);

test('says which model answers, and why, before its first word', async () => {
  const { events } = await run({ first: [says('Hello')], second: [] });
  expect(events.slice(0, 2)).toEqual([{ type: 'model', name: 'first', route: 'default' }, { type: 'text', text: 'Hello' }]);
  expect(events.at(-1)).toMatchObject({ type: 'finish', route: 'default', facts: { name: 'first' } });
});

test.each<ModelFailureKind>(['throttled', 'unavailable', 'tooLong'])('asks the next model at once when the first is %s', async (kind) => {
  const { events, asked, clock } = await run({ first: [failing(kind)], second: [says('Hello')] });
  expect(asked).toEqual(['first', 'second']);
  expect(clock.pauses).toEqual([]);
  expect(events.slice(0, 2)).toEqual([
    { type: 'retry', reason: kind, model: 'first', fallback: 'second' },
    { type: 'model', name: 'second', route: `fallback:${kind}` },
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'finish', facts: { name: 'second' }, message: { content: 'Hello' } });
});

test('asks the next model when a stream breaks off before its first word', async () => {
  expect((await run({ first: [[]], second: [says('Hello')] })).asked).toEqual(['first', 'second']);
});

test('passes a model over whose window the prompt does not fit into, without asking it', async () => {
  const tight = { facts: { ...facts, name: 'tight' }, prompt: async () => { throw new BadRequest('messages', 'too long', 'context_length_exceeded'); } };
  const [wide] = plan(['wide']).candidates;
  const fleet = new Fleet({ wide: [says('Hello')] });
  const { items } = await collect(generate({ candidates: [tight, wide], reason: 'default' }, fleet, new FakeClock(), { signal: new AbortController().signal }));
  expect(fleet.asked).toEqual(['wide']);
  expect(items[0]).toEqual({ type: 'retry', reason: 'tooLong', model: 'tight', fallback: 'wide' });
});

test('tells the error of the window when the prompt fits into none', async () => {
  const { error, asked } = await run({ first: [failing('tooLong')], second: [failing('tooLong')] });
  expect(asked).toEqual(['first', 'second']);
  expect(error).toMatchObject({ status: 400, code: 'context_length_exceeded' });
});

test('begins again with the first model, after a pause, when all have failed', async () => {
  const { asked, clock, events } = await run({ first: [failing('throttled'), says('Hello')], second: [failing('unavailable')] });
  expect(asked).toEqual(['first', 'second', 'first']);
  expect(clock.pauses).toEqual([250]);
  expect(events.at(-1)).toMatchObject({ facts: { name: 'first' } });
});

test('gives up when every model has failed twice', async () => {
  const { asked, error } = await run({ first: [failing('unavailable')], second: [failing('throttled')], third: [failing('throttled')] });
  expect(asked).toEqual(['first', 'second', 'third', 'first', 'second', 'third']);
  expect(error).toMatchObject({ status: 429 });
});

test('refuses a request that the first model refuses, for the next one would be asked something that is wrong', async () => {
  const { asked, error } = await run({ first: [failing('refused')], second: [says('Hello')] });
  expect(asked).toEqual(['first']);
  expect(error).toMatchObject({ status: 400, code: 'model_refused' });
});

test('never asks another model once a word was said', async () => {
  const { asked, error } = await run({ first: [[text('Hel'), new ModelFailure('throttled', 'no')]], second: [says('Hello')] });
  expect(asked).toEqual(['first']);
  expect(error).toMatchObject({ status: 429 });
});

describe('a first word that is late', () => {
  /** Lets a deadline pass as soon as one is set. */
  class HastyClock extends FakeClock {
    deadlines: number[] = [];
    override every(milliseconds: number, act: () => void) {
      this.deadlines.push(milliseconds);
      const timer = setTimeout(act, 5);
      return () => void clearTimeout(timer);
    }
  }

  async function late(scripts: Readonly<Record<string, Script[]>>) {
    const fleet = new Fleet(scripts);
    const clock = new HastyClock();
    const limits = { signal: AbortSignal.timeout(200) };
    const { items, error } = await collect(generate(plan(Object.keys(scripts), { firstTokenMs: 2_000 }), fleet, clock, limits));
    return { events: items, error, asked: fleet.asked, deadlines: clock.deadlines };
  }

  test('lets the next model answer, and what the first takes is heard out', async () => {
    const { events, asked, deadlines } = await late({ first: [['silence']], second: [says('Hello')] });
    expect(asked).toEqual(['first', 'second']);
    expect(deadlines[0]).toBe(2_000);
    expect(kinds(events)).toEqual(['retry', 'spent', 'model', 'text', 'finish']);
    expect(events[0]).toMatchObject({ reason: 'late', fallback: 'second' });
  });

  test('is waited for where no other model is left', async () => {
    const { error, asked } = await late({ first: [['silence']] });
    expect(asked).toEqual(['first']);
    expect(error).toMatchObject({ status: 504 });
  });

  test('is no matter once it is there, however slow the rest', async () => {
    const { asked, error } = await late({ first: [[text('Hel'), 'silence']], second: [says('Hello')] });
    expect(asked).toEqual(['first']);
    expect(error).toMatchObject({ status: 504 });
  });
});
