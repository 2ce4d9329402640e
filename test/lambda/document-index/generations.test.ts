import * as fc from 'fast-check';
import { deployIndex } from './deployed-index';

const lines = (count: number, of = 'line') => Array.from({ length: count }, (_, at) => `${of} ${at}`).join('\n');

/** Calls of the ports, as far as answers are concerned. */
const told = (calls: readonly string[]) => calls.filter((call) => ['write', 'remove', 'raise', 'save'].includes(call));

test('a change is told once the store holds what it should, and before it is written down that it does', async () => {
  const index = deployIndex();
  await index.settle(() => index.change('a.txt', lines(3)));
  expect(told(index.calls).slice(-3)).toEqual(['save', 'raise', 'save']);
  expect(index.raised).toEqual([undefined]);
  const before = index.calls.length;
  await index.settle(() => index.change('a.txt', lines(2, 'new')));
  expect(told(index.calls.slice(before)).slice(-4)).toEqual(['save', 'remove', 'raise', 'save']);
  await index.settle(() => index.change('a.txt', undefined));
  await index.settle(() => index.change('b.txt', 'broken'));
  expect(index.raised).toEqual([undefined, undefined, undefined]);
});

test('nothing is told of what has not changed', async () => {
  const index = deployIndex();
  await index.settle(() => index.change('a.txt', lines(3)));
  await index.settle(() => index.change('a.txt', lines(3)));
  expect(index.raised).toEqual([undefined]);
});

const OWNED = { fields: [{ name: 'owner', type: 'string' as const }], tenantField: 'owner' };
const owned = (owner: string) => JSON.stringify({ metadataAttributes: { owner } });

test('what is given up is told like any other change, to those whose it was', async () => {
  const index = deployIndex({ terms: OWNED });
  await index.settle(async () => {
    index.originals.objects.set('a.txt.metadata.json', owned('acme'));
    await index.change('a.txt', lines(3));
  });
  index.store.write = async () => { throw new TypeError('broken'); };
  await index.settle(() => index.change('a.txt', lines(2, 'new')));
  expect(index.state('a.txt')).toMatchObject({ state: 'failed', held: [] });
  expect(index.raised.slice(0, 2)).toEqual(['acme', 'acme']);
});

test('a document that comes to another tenant changes what both find', async () => {
  const index = deployIndex({ terms: OWNED });
  await index.settle(async () => {
    index.originals.objects.set('a.txt.metadata.json', owned('acme'));
    await index.change('a.txt', lines(3));
  });
  expect(index.raised).toEqual(['acme']);
  await index.settle(() => index.change('a.txt.metadata.json', owned('globex')));
  expect(index.raised.slice(1).sort()).toEqual(['acme', 'globex']);
  await index.settle(() => index.change('a.txt', undefined));
  expect(index.raised.slice(3)).toEqual(['globex']);
});

test('what changes in an index that has never answered makes no answer old', async () => {
  const index = deployIndex();
  for (const key of ['a.txt', 'b.txt', 'c.txt']) await index.settle(() => index.change(key, lines(3)));
  expect(index.raised).toHaveLength(3);
  await index.settle(async () => {
    index.deploy('pairs');
    await index.until(() => index.answering() === 'pairs' && index.indexOf('lines')!.ready);
    expect(index.inState('indexed', 'pairs')).toHaveLength(3);
    expect(index.raised).toHaveLength(3);
    // From then on whatever answers, or has answered, may be asked.
    await index.change('a.txt', lines(2, 'new'));
    await index.until(() => index.raised.length === 5);
  });
});

/** When what is whose changed last in a store that has answered, and when that was told last. */
function watch({ raised, registry, room }: ReturnType<typeof deployIndex>, name = 'passages_lines') {
  const { store } = room(name);
  const [touched, heard] = [new Map<unknown, number>(), new Map<unknown, number>()];
  let time = 0;
  const touch = (ids: readonly string[]) => {
    if (registry.kept?.indexes.known[name]?.answered === undefined) return;
    for (const id of ids) if (store.chunks.has(id)) touched.set(store.chunks.get(id)!.metadata.owner, ++time);
  };
  const [write, remove, push] = [store.write.bind(store), store.remove.bind(store), raised.push.bind(raised)];
  store.write = (chunks) => write(chunks).finally(() => touch(chunks.map(({ id }) => id)));
  store.remove = (ids) => {
    touch(ids);
    return remove(ids);
  };
  raised.push = (...tenants) => {
    for (const tenant of tenants) heard.set(tenant, ++time);
    return push(...tenants);
  };
  return { touched, heard };
}

async function live({ change, random, originals, clock }: ReturnType<typeof deployIndex>, steps: number) {
  for (let step = 0; step < steps; step++) {
    const key = `${Math.floor(random() * 20)}.txt`;
    const whose = random() < 0.3 || !originals.objects.has(`${key}.metadata.json`);
    if (whose) await change(`${key}.metadata.json`, owned(`tenant ${Math.floor(random() * 6)}`), { late: 2_000 });
    await change(key, random() < 0.3 ? undefined : lines(Math.floor(random() * 150), `step ${step}`), { late: 2_000, lost: 0.05 });
    await clock.pause(random() * 300);
  }
}

const untold = ({ touched, heard }: ReturnType<typeof watch>) => [...touched].filter(([owner, last]) => (heard.get(owner) ?? 0) < last);

test('whoever is killed wherever, each tenant is told after the last change of what is theirs', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
    const index = deployIndex({ seed, terms: OWNED, kills: 0.02, throttles: 0.05, faults: 0.01 });
    const watched = watch(index);
    await index.settle(() => live(index, 150));
    index.reconcile();
    await index.settle();
    expect(watched.touched.size).toBeGreaterThan(3);
    expect(untold(watched)).toEqual([]);
  }), { numRuns: 5, seed: 3, endOnFailure: true });
}, 120_000);

test('through a switch and a rollback each tenant is told after the last change in an index that has answered', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), async (seed) => {
    const index = deployIndex({ seed, terms: OWNED, kills: 0.005, throttles: 0.05, faults: 0.005 });
    const watched = ['passages_lines', 'passages_pairs'].map((name) => watch(index, name));
    await index.settle(async () => {
      await live(index, 60);
      index.deploy('pairs');
      await live(index, 60);
      await index.until(() => index.answering() === 'pairs');
      await live(index, 40);
      index.ask({ rollback: true });
      await index.until(() => index.answering() === 'lines');
      await live(index, 40);
    });
    index.reconcile();
    await index.settle();
    expect(watched.map(({ touched }) => touched.size > 3)).toEqual([true, true]);
    expect(watched.flatMap(untold)).toEqual([]);
  }), { numRuns: 3, seed: 5, endOnFailure: true });
}, 120_000);
