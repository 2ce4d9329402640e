import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';

export const EVENT_STREAM = 'application/vnd.amazon.eventstream';

const codec = new EventStreamCodec(toUtf8, fromUtf8);

/** One event as a binary frame. */
export function eventFrame(event: object): Buffer {
  const [[type, payload]] = Object.entries(event) as [string, object][];
  return frame({ ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' }, payload);
}

/** An error that comes after the status line has gone out: inside the stream, after HTTP 200. */
export function exceptionFrame(type: string, payload: object): Buffer {
  return frame({ ':message-type': 'exception', ':exception-type': type, ':content-type': 'application/json' }, payload);
}

function frame(headers: Readonly<Record<string, string>>, payload: object): Buffer {
  const entries = Object.entries(headers).map(([name, value]) => [name, { type: 'string' as const, value }]);
  return Buffer.from(codec.encode({ headers: Object.fromEntries(entries), body: fromUtf8(JSON.stringify(payload)) }));
}
