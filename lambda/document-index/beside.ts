import { Taken } from './attempt';
import { begin } from './begin';
import type { ChangedDocument, Outcome } from './document';
import { heldBack } from './fault';
import { type House, openToWrite, readIndexes, updateIndexes } from './house';
import { bringInStep } from './in-step';
import { beside, demoted, isAwaited, others } from './indexes';
import type { IndexPorts, Span } from './terms';
import type { Indexes } from '../../lib/contract/reindexing';
import { once } from '../kit/deferred';
import { hashOf, lineOfDocument } from '../kit/lines';
import type { DocumentState } from '../ports/document-states';
import { StoreFailure } from '../ports/passage-store';

/** How often the index that answers waits for one beside it. */
const PATIENCE = 4;

/**
 * Makes every index hold what the bucket holds of a document: one that is ready, or is about to be, before the one that answers, so that a switch between them
 * loses nothing; all others later and in a line of their own, so that what ails them keeps nobody up.
 */
export async function bringAllInStep(document: ChangedDocument, indexes: Indexes, span: Span, house: House): Promise<Outcome> {
  const { index } = document;
  if (index !== undefined && index !== indexes.answering) {
    const known = indexes.known[index];
    if (!known || known.dropping !== undefined) return { kind: 'done', what: 'unchanged' };
    const { terms, ports } = openToWrite(known, house);
    return bringInStep(document, terms, span, ports);
  }
  const { answering } = indexes;
  if (answering === undefined) return heldBack(isGoingStill(house));
  const first = beside(indexes);
  await sendFor(others(indexes).filter((name) => !first.includes(name)), document, house);
  const done: string[] = [];
  const before: DocumentState[] = [];
  for (const name of first) {
    const { terms, ports } = openToWrite(indexes.known[name], house);
    const outcome = await bringInStep(document, terms, span, ports);
    if (outcome.kind === 'done' || outcome.kind === 'failed') {
      done.push(name);
      const state = await ports.states.find(document.source, document.key);
      if (state) before.push(state.state);
      continue;
    }
    if (outcome.kind === 'hold' && (document.attempt < PATIENCE || outcome.why === 'time')) return outcome;
    await updateIndexes(house, (now) => demoted(now, [name]));
    await sendFor([name], document, house);
    house.log.error('index falls behind', { index: name, key: document.key, why: outcome.kind === 'hold' ? outcome.why : 'broken' });
  }
  const { terms, ports } = openToWrite(indexes.known[answering], house);
  return bringInStep(document, terms, span, {
    ...ports,
    order: {
      // What they have not got, the index that answers must not have either.
      fits: (version) => before.every(({ state, version: own }) => (state === 'deleted' ? version === undefined
        : state !== 'indexed' || (own?.tag === version?.tag && own?.metadataTag === version?.metadataTag))),
      settles: async () => {
        const missed = beside(await readIndexes(house)).filter((name) => name !== answering && !done.includes(name));
        if (missed.length > 0) throw new Taken();
      },
    },
  });
}

/** What brings documents in step with the index that the deployment wants, and with no other: those beside it catch up later. */
export function wantedAlone(house: House): IndexPorts {
  const { wanted } = house;
  const { ports } = openToWrite(wanted, house);
  const own = wanted.recipe.index.name;
  const made = once(async () => {
    if (isAwaited(await begin(house), wanted)) throw isGoingStill(house);
  });
  return {
    ...ports,
    store: {
      write: async (chunks) => made().then(() => ports.store.write(chunks)),
      remove: async (ids) => made().then(() => ports.store.remove(ids)),
    },
    order: {
      begins: made,
      fits: () => true,
      settles: async () => {
        await updateIndexes(house, (now) => {
          const behind = beside(now).filter((name) => name !== own);
          return behind.length === 0 ? undefined : demoted(now, behind);
        });
      },
    },
  };
}

function isGoingStill({ wanted: { recipe: { index: { name } } } }: House): StoreFailure {
  return new StoreFailure('unavailable', `the index '${name}' is taken out still, and made anew once it is gone`);
}

/** Puts the changes of a document in line for indexes. */
async function sendFor(names: readonly string[], { received }: ChangedDocument, { changes }: House): Promise<void> {
  for (const index of names) {
    const sent = received.map(({ change, messageId }) => ({ change: { ...change, index }, messageId }));
    await changes.send(sent.map(({ change, messageId }) => ({ change, id: hashOf([index, messageId]), line: lineOfDocument(change) })));
  }
}
