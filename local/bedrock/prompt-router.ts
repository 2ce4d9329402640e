import { ConverseEvent, ConverseRequest, lastUserText } from './converse';

/** What a question may have in characters before the better model gets it. */
const SHORT = 200;

/** Whom a prompt router asks: the first of its models for a short question, the last for a long one. Undefined for what is no router. */
export function chosenModel(routers: ReadonlyMap<string, readonly string[]>, modelId: string, request: ConverseRequest): string | undefined {
  const models = routers.get(modelId);
  return models && (lastUserText(request).length <= SHORT ? models[0] : models.at(-1));
}

/** An answer that says in its trace which model gave it. */
export async function* traced(events: AsyncIterable<ConverseEvent>, invokedModelId: string): AsyncIterable<ConverseEvent> {
  for await (const event of events) {
    yield 'metadata' in event ? { metadata: { ...event.metadata, trace: { ...event.metadata.trace, promptRouter: { invokedModelId } } } } : event;
  }
}
