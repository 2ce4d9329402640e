import { begin } from './begin';
import { book, delay } from './book';
import { compareIndexes, verdict } from './comparison';
import { dropIndexes } from './drop';
import { type House, readIndexes, updateIndexes } from './house';
import { candidate, changed, others, rolledBack, STALE_LOOK_MS, switched, toRollBackTo } from './indexes';
import { startLook } from './look';
import type { Comparing, Tending } from './request';
import { type Comparison, type IndexRequest, type Indexes, REINDEX_METRICS } from '../../lib/contract/reindexing';
import { describeError } from '../kit/log';
import { isEmbeddingFailure } from '../ports/embeddings';
import { isStoreFailure } from '../ports/passage-store';

const SOON = 60;
/** How long an operator's wish waits for an index to have everything. */
const PATIENCE_MS = 60_000;
const AGAIN_SECONDS = 3;
/** A comparison that could not be made is made after another look, which goes through a whole bucket. */
const COMPARED_LATER_MS = 5 * 60_000;

/** Does what has to be done with indexes now, and says when somebody has to come again. */
export async function tend({ tend: at }: Tending, until: number, house: House): Promise<void> {
  const { clock, jobs } = house;
  const indexes = await readIndexes(house);
  if (indexes.tendAt !== at) return;
  if (clock.now() < at) return jobs.send({ tend: at } satisfies Tending, Math.max(1, delay(at, house)));
  await expire(house);
  await dropIndexes(until, house);
  const { wanted, known } = await readIndexes(house);
  // What was wanted while it was taken out is made now: by whom wants it, for another deployment may have come meanwhile.
  if (wanted === house.wanted.recipe.index.name && !known[wanted]) await begin(house);
  await goOn(house);
  await book(SOON, house, at);
}

/** Those that were kept for long enough are written no more. */
async function expire(house: House): Promise<void> {
  const { clock, log } = house;
  const indexes = await readIndexes(house);
  for (const name of others(indexes).filter((each) => each !== indexes.wanted && (indexes.known[each].until ?? Infinity) <= clock.now())) {
    await updateIndexes(house, (now) => (now.answering === name || now.wanted === name || !now.known[name] ? undefined
      : changed(now, name, { dropping: clock.now(), ready: false, joining: undefined, look: undefined })));
    log.info('index', { index: name, what: 'goes' });
  }
}

/** Looks through those that are not ready, and answers from the one that is wanted where nothing has to be compared. */
async function goOn(house: House): Promise<void> {
  const { clock } = house;
  const indexes = await readIndexes(house);
  const next = candidate(indexes);
  if (next !== undefined && indexes.known[next].answered !== undefined) {
    await answerFrom(next, house, (now) => candidate(now) === next);
    return;
  }
  for (const name of others(indexes)) {
    const { ready, look, lookAfter = 0, until = Infinity } = indexes.known[name];
    if ((ready && name !== next) || until <= clock.now() || lookAfter > clock.now()) continue;
    if (look === undefined || clock.now() - look.at > STALE_LOOK_MS) await startLook(name, house);
  }
}

/** Compares the index that is to answer with the one that does, and has it answer, or not. */
export async function compare({ compare: name, sample }: Comparing, until: number, house: House): Promise<void> {
  const { wanted: { reindex }, clock, publish, log } = house;
  const indexes = await readIndexes(house);
  const { answering } = indexes;
  if (candidate(indexes) !== name || answering === undefined) return;
  if (indexes.known[name].answered !== undefined) return answerFrom(name, house, (now) => candidate(now) === name);
  try {
    const [before, now] = [house.open(indexes.known[answering]), house.open(indexes.known[name])];
    const usable = reindex.models.includes(indexes.known[answering].recipe.embedding.modelId);
    const compared = await compareIndexes({ before, now }, sample.slice(0, usable ? reindex.samples : 0), until, clock);
    const reason = verdict(compared, indexes.known[name].counts?.lost ?? 0, reindex.tolerance);
    if (reason === undefined) {
      return await answerFrom(name, house, (current) => candidate(current) === name && current.answering === answering, compared);
    }
    await updateIndexes(house, (current) => {
      return candidate(current) === name ? changed(current, name, { compared, refused: { at: clock.now(), reason } }) : undefined;
    });
    publish({ [REINDEX_METRICS.indexBuildsRefused]: 1 });
    log.error('index', { index: name, what: 'refused', reason, ...figures(compared), way: 'send {"switch":true} to the queue of requests to answer from it all the same, or deploy what was there before' });
  } catch (error) {
    await updateIndexes(house, (current) => {
      return candidate(current) === name ? changed(current, name, { lookAfter: clock.now() + COMPARED_LATER_MS }) : undefined;
    });
    log.error('index', { index: name, what: 'is compared later', ...describeError(error) });
    await book(0, house);
    if (!(isStoreFailure(error) || isEmbeddingFailure(error)) || error.kind === 'refused' || error.kind === 'forbidden') throw error;
  }
}

async function answerFrom(name: string, house: House, holds: (indexes: Indexes) => boolean, compared?: Comparison): Promise<void> {
  const { wanted: { reindex }, clock, publish, log } = house;
  let [done, again] = [false, false];
  await updateIndexes(house, (now) => {
    done = holds(now);
    again = now.known[name]?.answered !== undefined;
    return done ? switched(compared ? changed(now, name, { compared }) : now, name, reindex, clock.now()) : undefined;
  });
  if (!done) return;
  publish({ [again ? REINDEX_METRICS.indexRollbacks : REINDEX_METRICS.indexBuilds]: 1 });
  log.info('index', { index: name, what: 'answers', ...compared && figures(compared) });
  await book(0, house);
}

/** What an operator asks for by a message. An index that has everything but for what is looked through just now answers as soon as it has. */
export async function obey(request: IndexRequest, house: House): Promise<void> {
  const { wanted: { reindex }, clock, publish, log, jobs } = house;
  const { asked = clock.now() } = request;
  const indexes = await readIndexes(house);
  const to = request.switch ? indexes.wanted : toRollBackTo(indexes);
  const own = to === undefined || to === indexes.answering ? undefined : indexes.known[to];
  if (to === undefined || !own) {
    return log.error('index', { index: to, what: request.switch ? 'answers already' : 'cannot be rolled back: no index is kept that answered before' });
  }
  const patient = clock.now() < asked + PATIENCE_MS;
  if (!own.ready && patient) return jobs.send({ ...request, asked } satisfies IndexRequest, AGAIN_SECONDS);
  if (!own.ready && request.switch) return log.error('index', { index: to, what: 'cannot answer: it has not everything yet', waiting: own.counts?.waiting });
  if (!own.ready) log.error('index', { index: to, what: 'answers, and lacks of what changed last what it has not caught up with yet' });
  let done = false;
  await updateIndexes(house, (now) => {
    done = now.answering === indexes.answering && now.known[to]?.dropping === undefined && now.known[to] !== undefined && (now.known[to].ready || !patient);
    if (!done) return undefined;
    return request.switch ? switched(now, to, reindex, clock.now()) : rolledBack(now, to, reindex, clock.now());
  });
  if (!done) return jobs.send({ ...request, asked } satisfies IndexRequest, AGAIN_SECONDS);
  publish({ [own.answered === undefined ? REINDEX_METRICS.indexBuilds : REINDEX_METRICS.indexRollbacks]: 1 });
  log.info('index', { index: to, what: 'answers: it was asked for by a message' });
  await book(0, house);
}

/** A comparison as a line of the log tells it. */
function figures({ documents, meaning, words }: Comparison) {
  return { documents, meaningBefore: meaning.before, meaningNow: meaning.now, wordsBefore: words?.before, wordsNow: words?.now };
}
