import { mayRead } from './allowed';
import type { IndexCounts, Indexes, IndexRecipe, KnownIndex, ReindexPolicy } from '../../lib/contract/reindexing';

/** What a deployment wants. */
export interface WantedIndex {
  readonly recipe: IndexRecipe;
  readonly place: string;
  readonly reindex: ReindexPolicy;
}

/** A look that nobody went on with for so long was lost; whoever ends one says what comes next. */
export const STALE_LOOK_MS = 16 * 60_000;
/** What was wanted and never answered goes soon: a deployment that is rolled back, and comes again, finds it still. */
const ABANDONED_MS = 3_600_000;
/** Who has read which index answers a moment ago may ask it still. */
const LINGER_MS = 60_000;

/** What of a policy says what documents become. */
export function recipeOf({ pipeline, parsing, scans, chunking, embedding, context, index }: IndexRecipe): IndexRecipe {
  return { pipeline, parsing, ...(scans && { scans }), chunking, embedding, ...(context && { context }), index };
}

export const NONE: Indexes = { known: {} };

/** What is changed, with nothing under a name that says nothing. */
export function changed(indexes: Indexes, name: string, change: Partial<KnownIndex>): Indexes {
  return { ...indexes, known: { ...indexes.known, [name]: { ...indexes.known[name], ...change } } };
}

/** Those that are kept in step beside the one that answers. */
export function others({ answering, known }: Indexes): readonly string[] {
  return Object.keys(known).filter((name) => name !== answering && known[name].dropping === undefined);
}

export function live({ known }: Indexes): readonly string[] {
  return Object.keys(known).filter((name) => known[name].dropping === undefined);
}

/** Those that have to have everything before the one that answers has it. */
export function beside(indexes: Indexes): readonly string[] {
  return others(indexes).filter((name) => indexes.known[name].ready || indexes.known[name].joining !== undefined);
}

/** Whether what is known says already what the deployment wants. */
export function isWanted(indexes: Indexes, { recipe: { index: { name }, pipeline }, place, reindex }: WantedIndex): boolean {
  const own = indexes.known[name];
  return own !== undefined && own.dropping === undefined && own.place === place && own.recipe.pipeline === pipeline && indexes.wanted === name
    && Object.values(indexes.known).every((one) => one.place === place)
    && (reindex.by === 'beside' || indexes.answering === name);
}

/** Whether the deployment's index is being taken out, as an earlier deployment would have it: until it is gone there is nothing to be made. */
export function isGoing({ known }: Indexes, { recipe: { index: { name } }, place }: WantedIndex): boolean {
  return known[name]?.dropping !== undefined && known[name].place === place;
}

/** Whether what is known says already that the deployment's index is begun with once it is gone. */
export function isAwaited(indexes: Indexes, wanted: WantedIndex): boolean {
  return isGoing(indexes, wanted) && indexes.wanted === wanted.recipe.index.name && Object.values(indexes.known).every((one) => one.place === wanted.place);
}

/**
 * As it is when the deployment's index has been made: built beside the one that answers, or answering at once where there is none, or none may be kept. One that is going is
 * waited for: half of its states and chunks are gone, and nobody could say which. The old one answers meanwhile; where callers are kept apart otherwise, none does.
 */
export function wanting(before: Indexes, { recipe, place, reindex }: WantedIndex, now: number): Indexes {
  const { index: { name } } = recipe;
  // What lies in another store is out of reach: it goes with its store.
  const reached = Object.fromEntries(Object.entries(before.known).filter(([, one]) => one.place === place));
  const own = reached[name];
  const answering = before.answering !== undefined && reached[before.answering] ? before.answering : undefined;
  const fresh: KnownIndex = { recipe, place, since: now, ready: false };
  const kept: KnownIndex = { ...own, recipe, refused: before.wanted === name ? own?.refused : undefined, until: undefined };
  const going = own?.dropping !== undefined;
  // Taken out from the start, by nobody who has begun with it before.
  const again: KnownIndex = { ...own, dropping: now, drop: own?.drop && { until: own.drop.until } };
  let next: Indexes = { ...before, answering, wanted: name, known: { ...reached, [name]: going ? again : own ? kept : fresh } };
  const left = before.wanted;
  if (left !== undefined && left !== name && left !== answering && next.known[left] && next.known[left].until === undefined) {
    next = changed(next, left, { until: now + (next.known[left].answered === undefined ? ABANDONED_MS : reindex.keepSeconds * 1000) });
  }
  // Chunks that were not kept apart as callers are now must not be found meanwhile.
  const apart = answering !== undefined && reached[answering].recipe.index.tenantField !== recipe.index.tenantField;
  if (going) return answering !== undefined && apart ? retired({ ...next, answering: undefined }, answering, reindex, now) : next;
  return answering === undefined || (answering !== name && (reindex.by === 'inPlace' || apart)) ? switched(next, name, reindex, now) : next;
}

/** From then on another answers. What answered before is kept for as long as it may be asked, and is ready again once a look has found it so. */
export function switched(indexes: Indexes, name: string, policy: ReindexPolicy, now: number): Indexes {
  const { answering: before } = indexes;
  const next = changed({ ...indexes, answering: name }, name, { answered: now, refused: undefined, until: undefined, ready: false, joining: undefined });
  return before === undefined || before === name || !next.known[before] ? next : retired(next, before, policy, now);
}

function retired(next: Indexes, before: string, { by, keepSeconds, models }: ReindexPolicy, now: number): Indexes {
  const { recipe } = next.known[before];
  const wanted = next.known[next.wanted ?? ''] ?? next.known[next.answering ?? ''];
  const usable = by === 'beside' && models.includes(recipe.embedding.modelId) && mayRead(recipe, wanted.recipe);
  const until = before === next.wanted ? undefined : now + (usable ? keepSeconds * 1000 : LINGER_MS);
  return changed(next, before, { until, ready: false, joining: usable ? now : undefined, look: undefined, lookAfter: undefined });
}

/** The newest of those that answered before. */
export function toRollBackTo({ answering, known }: Indexes): string | undefined {
  const kept = Object.keys(known).filter((name) => name !== answering && known[name].answered !== undefined && known[name].dropping === undefined);
  return kept.sort((one, other) => known[other].answered! - known[one].answered!)[0];
}

/** Answers from the last one again; what is wanted waits until somebody says so, or another deployment wants another. */
export function rolledBack(indexes: Indexes, to: string, policy: ReindexPolicy, now: number): Indexes {
  const { answering, wanted } = indexes;
  const next = switched(indexes, to, policy, now);
  if (wanted === undefined || wanted === to || wanted !== answering) return next;
  return changed(next, wanted, { refused: { at: now, reason: 'It was rolled back by a message.' } });
}

/** Is brought in step after the others from now on, and has to be looked through before it is ready. */
export function demoted(indexes: Indexes, names: readonly string[]): Indexes {
  return names.reduce((next, name) => (next.known[name] ? changed(next, name, { ready: false, joining: undefined, look: undefined }) : next), indexes);
}

/** What a look through the bucket says of an index. */
export function looked(indexes: Indexes, name: string, counts: IndexCounts, joined: number | undefined): Indexes {
  const own = indexes.known[name];
  const clean = counts.waiting === 0;
  // A tenth of a second for each that waits, and not for ever.
  const lookAfter = clean ? undefined : counts.at + Math.min(900_000, Math.max(15_000, counts.waiting * 100));
  const next = changed(indexes, name, { counts, look: undefined, lookAfter });
  if (name === indexes.answering || own.ready || !clean) return next;
  if (own.joining === undefined) return changed(next, name, { joining: counts.at });
  return joined === own.joining ? changed(next, name, { ready: true, joining: undefined }) : next;
}

/** The index that is to answer next, where all has been said for it. */
export function candidate({ answering, wanted, known }: Indexes): string | undefined {
  const own = wanted === undefined || wanted === answering ? undefined : known[wanted];
  return own && own.ready && !own.refused ? wanted : undefined;
}

/** When something has to be done with indexes again; undefined where all is as it should be. */
export function nextTime(indexes: Indexes, soon: number): number | undefined {
  const times = Object.entries(indexes.known).flatMap(([name, { dropping, ready, until, look, lookAfter = 0 }]) => {
    if (dropping !== undefined) return [soon];
    if (name === indexes.answering) return [];
    return [...(ready ? [] : [look ? look.at + STALE_LOOK_MS : lookAfter]), ...(until === undefined ? [] : [until])];
  });
  const next = candidate(indexes);
  const all = [...times, ...(next === undefined ? [] : [Math.max(soon, indexes.known[next].lookAfter ?? 0)])];
  return all.length === 0 ? undefined : Math.min(...all);
}
