import { createHash, randomUUID } from 'node:crypto';

/** An attribute of a message as the JSON protocol writes it. */
export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** What a sender gives. */
export interface Outgoing {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, MessageAttribute>>;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly delayMs?: number;
}

/** A message as it lies in a queue. */
export interface Message extends Outgoing {
  readonly id: string;
  /** Order in a FIFO queue. */
  readonly sequence: number;
  readonly sentAt: number;
  readonly senderId: string;
  /** Seen by nobody before. */
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt?: number;
  /** The handle of who holds it now; an older one no longer deletes a message of a FIFO queue. */
  receipt?: string;
  /** The queue that gave it up. */
  deadLetterSource?: string;
}

export function newMessage(outgoing: Outgoing, sequence: number, now: number, senderId: string): Message {
  return { ...outgoing, id: randomUUID(), sequence, sentAt: now, senderId, visibleAt: now + (outgoing.delayMs ?? 0), receiveCount: 0 };
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** The system attributes of a received message, all of them text. */
export function systemAttributes(message: Message): Record<string, string> {
  return {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...message.groupId !== undefined && { MessageGroupId: message.groupId },
    ...message.deduplicationId !== undefined && { MessageDeduplicationId: message.deduplicationId, SequenceNumber: String(message.sequence).padStart(20, '0') },
    ...message.deadLetterSource !== undefined && { DeadLetterQueueSourceArn: message.deadLetterSource },
  };
}
