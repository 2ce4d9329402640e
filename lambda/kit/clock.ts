import { setTimeout } from 'node:timers/promises';

export const systemClock = {
  now: () => Date.now(),
  pause: (milliseconds: number) => setTimeout(milliseconds),
  chance: () => Math.random(),
};
