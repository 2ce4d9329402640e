import { setTimeout } from 'node:timers/promises';

export const systemClock = {
  now: () => Date.now(),
  pause: (milliseconds: number) => setTimeout(milliseconds),
  every: (milliseconds: number, act: () => void) => {
    const timer = setInterval(act, milliseconds);
    return () => clearInterval(timer);
  },
  chance: () => Math.random(),
};
