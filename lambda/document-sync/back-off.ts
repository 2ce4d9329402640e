import type { Clock } from '../ports/clock';

/** Whole seconds to wait: twice as long with each attempt, `most` at most, and up to half as long again, so that not all come back at once. */
export function backOff(clock: Pick<Clock, 'chance'>, attempt: number, first: number, most: number): number {
  return spread(clock, Math.min(most, first * 2 ** (attempt - 1)));
}

/** So many seconds, and up to half as long again. */
export function spread(clock: Pick<Clock, 'chance'>, seconds: number): number {
  return Math.ceil(seconds * (1 + clock.chance() / 2));
}
