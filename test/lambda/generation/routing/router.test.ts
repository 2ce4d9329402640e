import { asker, request, withImage, withTools } from './requests';
import { router } from '../../../../lambda/generation/routing/router';
import { ModelFailure } from '../../../../lambda/ports/model';
import type { RoutingTable } from '../../../../lib/contract/routing';
import { FakeClock } from '../../fakes/clock';
import { says, ScriptedModel, type Script } from '../../fakes/model';
import { facts } from '../../fakes/policy';

const { id: _, ...described } = facts;
const SMALL = 0, LARGE = 1, BLIND = 2;
const only = (model: number) => [{ model, weight: 1 }];

function table(changes: Partial<RoutingTable> = {}): RoutingTable {
  return {
    name: 'auto',
    models: [{ ...described, name: 'small' }, { ...described, name: 'large' }, { ...described, name: 'blind', inputs: ['text'], tools: 'none' }],
    rules: [],
    otherwise: only(SMALL),
    fallback: [],
    coolDownMs: 30_000,
    selectable: false,
    ...changes,
  };
}

function made(changes: Partial<RoutingTable> = {}, scripts: Script[] = [], clock = new FakeClock()) {
  const model = new ScriptedModel(scripts);
  const models = router(table(changes), ['id-small', 'id-large', 'id-blind'], { model, clock });
  const choose = async (asked = request('Hi'), who = asker()) => {
    const { models: order, route, ...more } = await models.choose(asked, who);
    return { names: order.map(({ name }) => name), ids: order.map((each) => each.id), route, ...more };
  };
  return { models, choose, model, clock };
}

test('takes the first rule that fits, all of whose traits fit', async () => {
  const { choose } = made({
    rules: [
      { name: 'premium-code', when: [{ kind: 'code' }, { kind: 'group', group: 'premium' }], to: only(LARGE) },
      { name: 'code', when: [{ kind: 'code' }], to: only(BLIND) },
    ],
  });
  const code = request('```\n1\n```');
  expect(await choose(code, asker({ groups: ['premium'] }))).toMatchObject({ names: ['large'], ids: ['id-large'], route: 'rule:premium-code' });
  expect(await choose(code)).toMatchObject({ names: ['blind'], route: 'rule:code' });
  expect(await choose()).toMatchObject({ names: ['small'], route: 'default' });
});

test('puts the fallback behind the chosen model, each model once', async () => {
  expect((await made({ otherwise: only(LARGE), fallback: [LARGE, SMALL] }).choose()).names).toEqual(['large', 'small']);
});

test('answers with a model that can take what the request holds, the chosen one or not', async () => {
  const blind = { otherwise: only(BLIND) };
  expect(await made({ ...blind, fallback: [LARGE] }).choose(withImage('What is this?'))).toMatchObject({ names: ['large'], route: 'fallback:unable' });
  expect(await made({ ...blind, fallback: [LARGE] }).choose(withTools('Call me'))).toMatchObject({ names: ['large'], route: 'fallback:unable' });
  expect(await made(blind).choose(withImage('What is this?'))).toMatchObject({ names: ['small'], route: 'fallback:unable' });
});

test('asks a throttled model last until it has cooled down', async () => {
  const { models, choose, clock } = made({ fallback: [LARGE] });
  models.throttled?.('small');
  expect(await choose()).toMatchObject({ names: ['large', 'small'], route: 'fallback:cooling' });
  clock.time += 30_000;
  expect(await choose()).toMatchObject({ names: ['small', 'large'], route: 'default' });
});

test('shows its models to clients only where they may choose', () => {
  expect(made().models.offer).toEqual({ name: 'auto', inputs: [...facts.inputs] });
  expect(made({ selectable: true }).models.offer).toMatchObject({ choices: ['small', 'large', 'blind'] });
});

test('gives a client that names a model that one and no other', async () => {
  const { choose } = made({ selectable: true, fallback: [SMALL] });
  expect(await choose(request('Hi', { model: 'large' }))).toMatchObject({ names: ['large'], route: 'named' });
});

describe('weights', () => {
  const split = { otherwise: [{ model: SMALL, weight: 80 }, { model: LARGE, weight: 20 }] };

  test('share callers as they say', async () => {
    const { choose } = made(split);
    const drawn = await Promise.all(Array.from({ length: 2_000 }, (_each, caller) => choose(request('Hi'), asker({ caller: `caller-${caller}` }))));
    const large = drawn.filter(({ names }) => names[0] === 'large').length;
    // Four standard deviations of a fair draw.
    expect(large).toBeGreaterThan(400 - 72);
    expect(large).toBeLessThan(400 + 72);
  });

  test('keep a conversation with its model, and a caller without one', async () => {
    const { choose } = made(split);
    for (let each = 0; each < 50; each++) {
      const first = await choose(request('Hi', { conversation_id: `c${each}` }));
      expect((await choose(request('And now?', { conversation_id: `c${each}` }))).names).toEqual(first.names);
    }
    expect((await choose()).names).toEqual((await choose(request('Another question'))).names);
  });

  test('draw anew for another conversation and for another rule', async () => {
    const rules = ['one', 'two'].map((name) => ({ name, when: [{ kind: 'header' as const, name: 'x-rule', value: name }], to: split.otherwise.map((each) => ({ ...each, weight: 1 })) }));
    const { choose } = made({ rules });
    const name = async (rule: string, id: number) => (await choose(request('Hi', { conversation_id: `c${id}` }), asker({ headers: { 'x-rule': rule } }))).names[0];
    const pairs = await Promise.all(Array.from({ length: 40 }, async (_each, id) => `${await name('one', id)} ${await name('two', id)}`));
    expect(new Set(pairs).size).toBe(4);
  });

  test('of nothing draw nobody', async () => {
    const { choose } = made({ otherwise: [{ model: SMALL, weight: 0 }, { model: LARGE, weight: 1 }] });
    for (let each = 0; each < 50; each++) expect((await choose(request('Hi'), asker({ caller: `${each}` }))).names).toEqual(['large']);
  });
});

describe('a classifier', () => {
  const classifier = {
    model: BLIND,
    timeoutMs: 800,
    classes: [{ name: 'easy', description: 'Small talk', to: only(SMALL) }, { name: 'hard', description: 'Needs thought', to: only(LARGE) }],
  };

  test.each([['hard'], ['Hard.'], ['The class is: hard']])('is believed when it says %j', async (said) => {
    const { choose, model } = made({ classifier }, [says(said)]);
    const { names, route, spent } = await choose(request('Why is there something?'));
    expect([names, route]).toEqual([['large'], 'class:hard']);
    expect(await spent?.[0].tokens).toEqual({ input: 10, output: 4, cacheRead: 100, cacheWrite: 20 });
    expect(model.prompts[0]).toMatchObject({ modelId: 'id-blind', maxTokens: 16, tools: [] });
  });

  test.each<[string, Script]>([
    ['unsure', says('easy or hard')], ['unsure', says('I cannot say')], ['failed', [new ModelFailure('throttled', 'no')]],
  ])('that is %s leaves it to the default', async (kind, script) => {
    expect(await made({ classifier, otherwise: only(LARGE) }, [script]).choose()).toMatchObject({ names: ['large'], route: `default:classifier-${kind}` });
  });

  test('that is late leaves it to the default, and what it takes is known when it is', async () => {
    const clock = new FakeClock();
    const { choose } = made({ classifier }, [['silence']], clock);
    const choosing = choose();
    await new Promise(setImmediate);
    clock.tick(800);
    expect(await choosing).toMatchObject({ names: ['small'], route: 'default:classifier-late' });
  });

  test('is not asked where a rule has decided, nor about a picture without words', async () => {
    const rules = [{ name: 'code', when: [{ kind: 'code' as const }], to: only(LARGE) }];
    const { choose, model } = made({ classifier, rules }, [says('easy')]);
    await choose(request('```\n1\n```'));
    await choose(withImage(' '));
    expect(model.prompts).toEqual([]);
  });
});
