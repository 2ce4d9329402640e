import type { ChatInput, ChatRequest } from './asked';
import type { StreamEncoder } from './encoder';
import type { Telling } from './turn-log';
import type { ModelOffer } from '../generation/offer';
import type { ApiError } from '../kit/http';

/** How turns are asked for and told. */
export interface Protocol {
  parse(input: ChatInput, offer: ModelOffer): ChatRequest;
  /** Of answers that are streams. */
  readonly headers: Readonly<Record<string, string>>;
  /** @param read how many of the numbered events the client has read already, counted from 0; -1 for none */
  stream(telling: Telling, read?: number): StreamEncoder;
  /** Whether clients ask at every start for an answer that may be under way, of conversations too that have not begun: to them nothing is no error. */
  readonly asksAtStart: boolean;
  /** The last frame of a stream that broke: no end follows, so that no client takes it for one. */
  failure(error: ApiError): string;
}

/** The turn and the number that an event's id says; undefined for what is none of ours. */
export function eventOf(id: string): { readonly turnId: string; readonly read: number } | undefined {
  const [, turnId, read] = /^([A-Za-z0-9-]{1,64})\.(\d{1,9})$/.exec(id) ?? [];
  return turnId === undefined ? undefined : { turnId, read: Number(read) };
}

/** Numbers the events of a turn, and leaves out those that the client has read. */
export class NumberedFrames {
  /** The number of the event told last. */
  told = -1;
  private turn = '';

  constructor(private readonly read: number) {}

  of(turnId: string): void {
    this.turn = turnId;
  }

  frame(data: string): string {
    this.told++;
    return this.told <= this.read ? '' : `${this.turn && `id: ${this.turn}.${this.told}\n`}data: ${data}\n\n`;
  }
}
