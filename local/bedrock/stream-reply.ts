import { ConverseEvent } from './converse';
import { EVENT_STREAM, eventFrame, exceptionFrame } from './event-stream';
import { StreamException } from './struck';
import { AwsFailure, ConnectionCut } from '../aws/failure';
import { AwsReply } from '../aws/service';

/** Starts the answer first: a failure before its first event is an HTTP error, as the service has it. */
export async function streamReply(events: AsyncIterable<ConverseEvent>): Promise<AwsReply> {
  const iterator = events[Symbol.asyncIterator]();
  const first = iterator.next();
  await first.catch((error: unknown) => error instanceof StreamException ? undefined : Promise.reject(error));
  return { status: 200, headers: { 'content-type': EVENT_STREAM }, body: frames(first, iterator) };
}

async function* frames(first: Promise<IteratorResult<ConverseEvent>>, rest: AsyncIterator<ConverseEvent>): AsyncIterable<Buffer> {
  try {
    for (let next = await first; !next.done; next = await rest.next()) yield eventFrame(next.value);
  } catch (error) {
    const exception = inStream(error);
    if (!exception) throw error;
    yield exceptionFrame(exception.type, { message: exception.message, ...exception.details });
  } finally {
    // A caller that hangs up ends the answer, and with it the call to whoever is behind.
    await rest.return?.();
  }
}

/** After HTTP 200 every error is an exception of the stream. */
function inStream(error: unknown): StreamException | undefined {
  if (error instanceof ConnectionCut) return undefined;
  if (error instanceof StreamException) return error;
  if (error instanceof AwsFailure) return new StreamException(error.code[0].toLowerCase() + error.code.slice(1), error.message);
  return undefined;
}
