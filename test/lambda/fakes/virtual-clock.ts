import type { Clock } from '../../../lambda/ports/clock';

/** A clock whose time passes when nobody has anything to do, so that hours of waiting take moments and go in the same order in each run. */
export class VirtualClock implements Pick<Clock, 'now' | 'pause' | 'chance'> {
  private readonly timers: { readonly at: number; readonly ring: () => void }[] = [];

  constructor(readonly random: () => number, public time = Date.UTC(2026, 0, 1)) {}

  now() {
    return this.time;
  }

  chance() {
    return this.random();
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise((ring) => this.timers.push({ at: this.time + milliseconds, ring }));
  }

  /** Lets time pass until nobody waits for anything, or the time is over. */
  async run(until = Infinity): Promise<void> {
    for (;;) {
      // All that can be done now is done before.
      await new Promise((done) => setImmediate(done));
      const [next] = [...this.timers].sort((one, other) => one.at - other.at);
      if (!next || next.at > until) return;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.time = Math.max(this.time, next.at);
      next.ring();
    }
  }
}

/** Numbers from 0 to 1, the same ones for a seed. */
export function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) % 2_147_483_647 || 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
