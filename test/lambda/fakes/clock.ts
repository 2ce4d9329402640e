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

  chance() {
    return 0.5;
  }
}
