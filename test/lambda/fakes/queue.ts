import { randomUUID } from 'node:crypto';
import type { VirtualClock } from './virtual-clock';

export interface Message {
  readonly id: string;
  readonly group?: string;
  readonly body: string;
  readonly sentAt: number;
  visibleAt: number;
  count: number;
  held: boolean;
}

/** A queue that hands its messages to a function, and gives up those that were received too often. */
export class FakeQueue {
  readonly messages: Message[] = [];
  readonly dead: Message[] = [];
  private readonly known = new Set<string>();

  constructor(private readonly clock: VirtualClock, private readonly most: { readonly receives: number; readonly batch: number; readonly seconds: number }) {}

  add(body: string, { group, id, delay = 0 }: { group?: string; id?: string; delay?: number } = {}) {
    if (id !== undefined && this.known.has(id)) return;
    if (id !== undefined) this.known.add(id);
    this.messages.push({ id: randomUUID(), group, body, sentAt: this.clock.now(), visibleAt: this.clock.now() + delay, count: 0, held: false });
  }

  hide(receipt: string, seconds: number) {
    const message = this.messages.find(({ id }) => id === receipt);
    if (message) message.visibleAt = this.clock.now() + seconds * 1000;
  }

  visible(): number {
    return this.messages.filter(({ visibleAt }) => visibleAt <= this.clock.now()).length;
  }

  receive(): Message[] {
    const now = this.clock.now();
    const locked = new Set(this.messages.filter(({ held, visibleAt, group }) => group !== undefined && held && visibleAt > now).map(({ group }) => group));
    const batch: Message[] = [];
    for (const message of [...this.messages]) {
      if (batch.length === this.most.batch) break;
      if (message.visibleAt > now || locked.has(message.group)) {
        if (message.group !== undefined) locked.add(message.group);
        continue;
      }
      if (message.count >= this.most.receives) {
        this.messages.splice(this.messages.indexOf(message), 1);
        this.dead.push(message);
        continue;
      }
      Object.assign(message, { count: message.count + 1, held: true, visibleAt: now + this.most.seconds * 1000 });
      batch.push(message);
    }
    return batch;
  }

  done(batch: readonly Message[], failed: readonly string[]) {
    for (const message of batch) if (!failed.includes(message.id)) this.messages.splice(this.messages.indexOf(message), 1);
  }
}
