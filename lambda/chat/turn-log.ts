import type { AnswerIdentity, MessageIds } from './encoder';
import type { AnswerEvent } from '../generation/answer';
import { ApiError, Unavailable } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { OpenTurn, TurnEnd } from '../ports/conversations';
import type { LogEntry, TurnLog } from '../ports/turn-log';

/** How an answer is told, so that whoever comes back to it reads the same. */
export interface Telling extends AnswerIdentity {
  readonly includeUsage: boolean;
  /** What the answer is called in its conversation. */
  readonly messageId?: string;
}

/** What one entry says. */
export interface Logged {
  /** In the first entry that says anything. */
  readonly telling?: Telling;
  readonly events: readonly AnswerEvent[];
  /** In the last entry of a turn that ended well. */
  readonly end?: TurnEnd;
  readonly ids?: MessageIds;
  /** In the last entry of a turn that failed. */
  readonly failure?: Failure;
}

/** An entry as its text holds it: of the words of the answer, which most events are, the words alone. */
type Written = Omit<Logged, 'events'> & { readonly events: readonly (AnswerEvent | string)[] };

type Failure = Pick<ApiError, 'status' | 'type' | 'message' | 'param' | 'code'>;

const BATCH_MS = 200;
/** A turn that says nothing writes all the same: so readers know that it lives, and it hears of a wish to stop. */
export const PULSE_MS = 1_000;
/** Characters of one entry, and of one event in it; an item of the table holds 400 KB. */
const ENTRY_LENGTH = 32_768;
const EVENT_LENGTH = 16_384;
const LAST_ATTEMPTS = 3;

/** Writes down a turn while it happens, behind its back: nobody who reads the answer waits for the log, and its failures are only counted. */
export class TurnLogWriter {
  /** Writes that failed. */
  failures = 0;

  private readonly rest: () => void;
  private pending: AnswerEvent[] = [];
  private telling?: Telling;
  private place = 0;
  private writtenAt: number;
  private writing?: Promise<boolean>;
  /** Stays the same until it is written: somebody may have read what seemed to fail. */
  private unwritten?: LogEntry;

  /** @param onStop called when somebody wants the turn to stop */
  constructor(
    private readonly log: TurnLog, private readonly turn: OpenTurn, private readonly clock: Clock, private readonly onStop: () => void,
  ) {
    this.writtenAt = clock.now();
    this.rest = clock.every(BATCH_MS, () => this.tick());
  }

  /** Called once, before anything is added. */
  tell(telling: Telling): void {
    this.telling = telling;
  }

  add(event: AnswerEvent): void {
    this.pending.push(event);
  }

  /** Writes what is left, and that nothing follows. */
  async close(outcome: Pick<Logged, 'end' | 'ids' | 'failure'>): Promise<void> {
    this.rest();
    await this.writing;
    for (let attempts = LAST_ATTEMPTS, ended = false; attempts > 0 && !ended;) {
      const { last } = this.unwritten ??= this.next(outcome);
      if (!await this.write()) attempts--;
      ended = last && this.unwritten === undefined;
    }
  }

  private tick(): void {
    if (this.writing) return;
    const due = this.unwritten !== undefined || this.pending.length > 0 || this.clock.now() - this.writtenAt >= PULSE_MS;
    if (due) this.writing = this.write().finally(() => { this.writing = undefined; });
  }

  private async write(): Promise<boolean> {
    const entry = this.unwritten ??= this.next();
    try {
      const written = await this.log.append(this.turn, entry);
      this.place = entry.place + 1;
      this.writtenAt = this.clock.now();
      this.unwritten = written ? undefined : { ...entry, place: this.place };
      if (!written) this.onStop();
      return true;
    } catch {
      this.failures++;
      return false;
    }
  }

  private next(outcome?: Pick<Logged, 'end' | 'ids' | 'failure'>): LogEntry {
    let count = 0;
    for (let length = 0; count < this.pending.length && length < ENTRY_LENGTH; count++) length += lengthOf(this.pending[count]);
    const events = this.pending.slice(0, count);
    this.pending = this.pending.slice(count);
    const last = outcome !== undefined && this.pending.length === 0;
    const written: Written = { telling: this.telling, events: events.map((event) => event.type === 'text' ? event.text : event), ...(last && outcome) };
    this.telling = undefined;
    return { place: this.place, at: this.clock.now(), text: JSON.stringify(written), last };
  }
}

/** What an entry says; nothing where it is a wish to stop. */
export function loggedIn({ text }: LogEntry): Logged {
  if (text === '') return { events: [] };
  const { events, ...rest } = JSON.parse(text) as Written;
  return { ...rest, events: events.map((event) => typeof event === 'string' ? { type: 'text', text: event } : event) };
}

/** What is left of an error for those who come back to the turn: the caller's own words, and none of ours. */
export function failureOf(error: unknown): Failure {
  const { status, type, message, param, code } = error instanceof ApiError ? error : new Unavailable('The turn failed.');
  return { status, type, message, param, code };
}

export function errorOf({ status, type, message, param, code }: Failure): ApiError {
  return new ApiError(status, type, message, { param: param ?? undefined, code: code ?? undefined });
}

/** An event as one or more that an entry can hold: a model that does not stream says all at once. */
export function portions(event: AnswerEvent): readonly AnswerEvent[] {
  if (lengthOf(event) <= EVENT_LENGTH) return [event];
  switch (event.type) {
    case 'text':
    case 'reasoning':
      return inPortions(event.text).map((text) => ({ ...event, text }));
    case 'toolInput':
      return inPortions(event.json).map((json) => ({ ...event, json }));
    case 'model':
    case 'toolCall':
    case 'annotation':
      return [event];
  }
}

function lengthOf(event: AnswerEvent): number {
  switch (event.type) {
    case 'text':
    case 'reasoning':
      return event.text.length;
    case 'toolInput':
      return event.json.length;
    case 'model':
    case 'toolCall':
      return event.name.length;
    case 'annotation':
      return event.annotation.citation.snippet.length;
  }
}

/** Never cut within a character of two units. */
function inPortions(text: string): string[] {
  const cut: string[] = [];
  for (let start = 0, end; start < text.length; start = end) {
    end = Math.min(start + EVENT_LENGTH, text.length);
    if (/[\ud800-\udbff]/.test(text[end - 1]) && end < text.length) end--;
    cut.push(text.slice(start, end));
  }
  return cut;
}
