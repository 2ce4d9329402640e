import { type House, updateIndexes } from './house';
import { nextTime } from './indexes';
import type { Tending } from './request';

/** A message that is so late was lost. */
export const LOST_MS = 5 * 60_000;
const LONGEST_DELAY = 900;

/** Has somebody look after indexes in so many seconds, or when something has to be done with one; nobody where there is nothing to do. */
export async function book(seconds: number, house: House, done?: number): Promise<void> {
  const { clock, jobs } = house;
  let booked: number | undefined;
  await updateIndexes(house, (now) => {
    booked = nextTime(now, clock.now() + seconds * 1000);
    if (booked === undefined) return now.tendAt === undefined ? undefined : { ...now, tendAt: undefined };
    const waits = now.tendAt !== undefined && now.tendAt !== done && now.tendAt <= booked && clock.now() <= now.tendAt + LOST_MS;
    if (!waits) return { ...now, tendAt: booked };
    booked = undefined;
    return undefined;
  });
  if (booked !== undefined) await jobs.send({ tend: booked } satisfies Tending, delay(booked, house));
}

/** Whole seconds until then, as long as a message may wait. */
export function delay(at: number, { clock }: House): number {
  return Math.min(LONGEST_DELAY, Math.max(0, Math.ceil((at - clock.now()) / 1000)));
}
