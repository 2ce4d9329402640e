import type { Clock } from '../../../lambda/ports/clock';

/** A clock whose pauses take no time and are remembered. */
export class FakeClock implements Clock {
  readonly pauses: number[] = [];

  constructor(public time = Date.UTC(2026, 0, 1)) {}

  now() {
    return this.time;
  }

  async pause(milliseconds: number) {
    this.pauses.push(milliseconds);
    this.time += milliseconds;
  }

  readonly repeated = new Set<() => void>();

  every(_milliseconds: number, act: () => void) {
    this.repeated.add(act);
    return () => void this.repeated.delete(act);
  }

  /** Lets time pass, and all that is done again and again be done once. */
  tick(milliseconds: number) {
    this.time += milliseconds;
    for (const act of this.repeated) act();
  }

  chance() {
    return 0.5;
  }
}
