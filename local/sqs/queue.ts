import { createHash, randomUUID } from 'node:crypto';
import { type Message, newMessage, type Outgoing } from './message';

/** A queue as its template describes it. */
export interface QueueDefinition {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly fifo: boolean;
  readonly contentBasedDeduplication: boolean;
  /** Whether a FIFO queue knows repetitions within a group only. */
  readonly deduplicatesByGroup: boolean;
  readonly visibilityMs: number;
  readonly delayMs: number;
  readonly waitMs: number;
  readonly maximumBytes: number;
  /** Where messages go that were received too often. */
  readonly deadLetters?: { readonly queueArn: string; readonly maxReceiveCount: number };
}

/** Repetitions are known for so long. */
const DEDUPLICATION_MS = 5 * 60 * 1000;

/** One queue in memory: visibility, delays, groups in order, repetitions, and messages that are given up. */
export class Queue {
  private readonly messages: Message[] = [];
  private readonly repetitions = new Map<string, { readonly message: Message; readonly until: number }>();
  private readonly waiting = new Set<() => void>();
  private sequence = 0;

  constructor(readonly definition: QueueDefinition, private readonly options: {
    /** Takes a message that was received too often. */
    readonly giveUp: (queueArn: string, message: Message) => void;
    /** How much faster than the clock time-outs and delays run. */
    readonly speed: () => number;
  }) {}

  send(outgoing: Outgoing, senderId: string): Message {
    const { fifo, delayMs } = this.definition;
    const now = Date.now();
    const deduplicationId = fifo ? outgoing.deduplicationId ?? createHash('sha256').update(outgoing.body).digest('hex') : outgoing.deduplicationId;
    const key = this.definition.deduplicatesByGroup ? `${outgoing.groupId}/${deduplicationId}` : String(deduplicationId);
    const known = fifo ? this.repetitions.get(key) : undefined;
    if (known && known.until > now) return known.message;
    const scaled = (outgoing.delayMs ?? delayMs) / this.options.speed();
    const message = newMessage({ ...outgoing, deduplicationId, delayMs: scaled }, ++this.sequence, now, senderId);
    if (fifo) this.repetitions.set(key, { message, until: now + DEDUPLICATION_MS });
    this.messages.push(message);
    this.wake(scaled);
    return message;
  }

  /** A message that another queue gave up, or gives back. */
  take(message: Message, deadLetterSource?: string): void {
    this.messages.push({ ...message, sequence: ++this.sequence, visibleAt: Date.now(), receiveCount: 0, receipt: undefined, deadLetterSource });
    this.wake(0);
  }

  /** Up to `most` messages that nobody else sees until the time-out. */
  receive(most: number, visibilityMs = this.definition.visibilityMs): Message[] {
    const now = Date.now();
    const received: Message[] = [];
    const locked = new Set(this.definition.fifo ? this.messages.filter((message) => this.inFlight(message, now)).map(({ groupId }) => groupId) : []);
    for (const message of [...this.messages]) {
      if (received.length >= most) break;
      if (message.visibleAt > now || (this.definition.fifo && locked.has(message.groupId))) {
        // What comes later in its group must wait, whether this is delayed or held.
        if (this.definition.fifo) locked.add(message.groupId);
        continue;
      }
      const { deadLetters } = this.definition;
      if (deadLetters && message.receiveCount >= deadLetters.maxReceiveCount) {
        this.drop(message);
        this.options.giveUp(deadLetters.queueArn, message);
        continue;
      }
      message.receiveCount += 1;
      message.firstReceivedAt ??= now;
      message.visibleAt = now + visibilityMs / this.options.speed();
      message.receipt = `${message.id}#${randomUUID()}`;
      received.push(message);
    }
    for (const { visibleAt } of received) this.wake(visibleAt - now);
    return received;
  }

  /** The same, and waits for a message where there is none yet. */
  async receiveWithin(waitMs: number, most: number, visibilityMs: number | undefined, signal: AbortSignal): Promise<Message[]> {
    const until = Date.now() + waitMs;
    for (;;) {
      const received = this.receive(most, visibilityMs);
      const left = until - Date.now();
      if (received.length > 0 || left <= 0 || signal.aborted) return received;
      await this.arrival(left, signal);
    }
  }

  /** Deletes what the handle was given for. A handle of an earlier time still works in a standard queue; an unknown one does nothing, as the service has it. */
  delete(receipt: string): void {
    const message = this.byReceipt(receipt);
    if (!message || (this.definition.fifo && (message.receipt !== receipt || message.visibleAt <= Date.now()))) return;
    this.drop(message);
    // The next of its group may come now.
    this.wake(0);
  }

  /** Whether the handle still stands for a message that is held. */
  changeVisibility(receipt: string, visibilityMs: number): boolean {
    const message = this.byReceipt(receipt);
    if (!message || !this.inFlight(message, Date.now())) return false;
    const scaled = visibilityMs / this.options.speed();
    message.visibleAt = Date.now() + scaled;
    this.wake(scaled);
    return true;
  }

  purge(): void {
    this.messages.length = 0;
  }

  /** Takes every message out that nobody holds. */
  drain(): Message[] {
    const now = Date.now();
    const free = this.messages.filter((message) => !this.inFlight(message, now));
    free.forEach((message) => this.drop(message));
    return free;
  }

  /** What lies here and is not deleted yet. */
  get all(): readonly Message[] {
    return this.messages;
  }

  counts(): { visible: number; held: number; delayed: number } {
    const now = Date.now();
    const held = this.messages.filter((message) => this.inFlight(message, now)).length;
    const delayed = this.messages.filter((message) => message.visibleAt > now && message.receipt === undefined).length;
    return { visible: this.messages.length - held - delayed, held, delayed };
  }

  private inFlight({ receipt, visibleAt }: Message, now: number): boolean {
    return receipt !== undefined && visibleAt > now;
  }

  private byReceipt(receipt: string): Message | undefined {
    const [id] = receipt.split('#');
    return this.messages.find((message) => message.id === id);
  }

  private drop(message: Message): void {
    const at = this.messages.indexOf(message);
    if (at >= 0) this.messages.splice(at, 1);
  }

  private wake(afterMs: number): void {
    const ring = () => [...this.waiting].forEach((waiter) => waiter());
    if (afterMs <= 0) ring();
    else setTimeout(ring, afterMs + 1).unref();
  }

  private arrival(withinMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
