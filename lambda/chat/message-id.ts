import type { MessagePlace } from '../ports/conversations';

/** Stands in addresses, and is a message's for as long as the message is kept. */
export function messageId({ turn, index }: MessagePlace): string {
  return `msg_${turn}_${index}`;
}

export function placeOfMessage(id: string): MessagePlace | undefined {
  const [, turn, index] = /^msg_(\d{1,8})_(\d{1,4})$/.exec(id) ?? [];
  return turn === undefined ? undefined : { turn: Number(turn), index: Number(index) };
}
