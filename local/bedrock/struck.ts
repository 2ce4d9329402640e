import { setTimeout as pause } from 'timers/promises';
import { ConverseEvent } from './converse';
import { FaultKind } from './faults';
import { AwsFailure, ConnectionCut } from '../aws/failure';

/** So much of an answer goes out before it is struck. */
const TOKENS_BEFORE = 5;
const FLUSH_MS = 50;
/** So long a late model keeps its first word, in gaps of a slow one. */
const LATE_GAPS = 3;

/** What nobody would find in a document of theirs. */
const INVENTION = 'Every lighthouse keeper on the moon earns ninety golden crowns at midnight [1].';

/** An error inside a stream, after HTTP 200. */
export class StreamException extends Error {
  constructor(readonly type: string, message: string, readonly details: object = {}) {
    super(message);
  }
}

/** Refuses the call before a model sees it, when that is the fault. */
export function strikeBefore(fault: FaultKind): void {
  if (fault === 'throttle') throw new AwsFailure('ThrottlingException', 429, 'Too many requests, please wait before trying again.');
  if (fault === 'unavailable') throw new AwsFailure('ServiceUnavailableException', 503, 'Bedrock is unable to process your request.');
}

/** The answer with its words replaced by invented ones; what is around them stays. */
export async function* invented(events: AsyncIterable<ConverseEvent>): AsyncIterable<ConverseEvent> {
  let said = false;
  for await (const event of events) {
    const text = 'contentBlockDelta' in event && 'text' in event.contentBlockDelta.delta;
    if (!text) yield event;
    else if (!said) yield { contentBlockDelta: { ...event.contentBlockDelta, delta: { text: INVENTION } } };
    said ||= text;
  }
}

/** The answer with the fault in it. */
export async function* struck(fault: FaultKind, events: AsyncIterable<ConverseEvent>, slowGapMs: number, signal: AbortSignal): AsyncIterable<ConverseEvent> {
  let deltas = 0;
  for await (const event of events) {
    const isDelta = 'contentBlockDelta' in event;
    if (fault === 'late' && isDelta && deltas === 0) await pause(LATE_GAPS * slowGapMs, undefined, { signal });
    if (fault === 'throttle-in-stream' && !('messageStart' in event)) {
      throw new StreamException('throttlingException', 'Too many requests, please wait before trying again.');
    }
    // A short answer is struck at its end.
    if ((isDelta && deltas === TOKENS_BEFORE) || 'messageStop' in event) {
      if (fault === 'error') {
        const message = 'The system encountered an unexpected error during processing. Try again.';
        throw new StreamException('modelStreamErrorException', message, { originalStatusCode: 500, originalMessage: message });
      }
      if (fault === 'cut') {
        // What was said is still on its way; a cut in the same breath would swallow it, and the client would simply ask again.
        await pause(FLUSH_MS, undefined, { signal });
        throw new ConnectionCut();
      }
      if (fault === 'unfinished') return;
    }
    if (isDelta) deltas += 1;
    if (isDelta && fault === 'slow') await pause(slowGapMs, undefined, { signal });
    yield event;
  }
}
