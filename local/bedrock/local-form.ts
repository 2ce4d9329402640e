import { type ConverseRequest, type JsonSchema, lastUserText, textOf } from './converse';
import { argumentsFor } from './tool-arguments';

/**
 * The document that a request asks for: by the schema it is held to, or by the one that its instructions name. Asked to be careless, the
 * local model forgets the form once, as others do without being asked.
 */
export function documentFor(request: ConverseRequest): string | undefined {
  const schema = schemaOf(request);
  if (!schema) return undefined;
  const text = lastUserText(request);
  if (/\bcareless/i.test(text)) return 'Here you are: {"wrong": true}';
  const asked = (request.messages ?? []).filter(({ role }) => role === 'user').map(({ content }) => textOf(content)).join('\n');
  return JSON.stringify(argumentsFor(schema, asked));
}

function schemaOf({ system = [], outputConfig }: ConverseRequest): JsonSchema | undefined {
  const held = outputConfig?.textFormat?.structure?.jsonSchema?.schema;
  const told = /JSON schema:\n(\{.*)/.exec(textOf(system))?.[1];
  const schema = held ?? told ?? (/JSON object/.test(textOf(system)) ? '{"type":"object"}' : undefined);
  return schema === undefined ? undefined : JSON.parse(schema) as JsonSchema;
}

/** What the model sees of the documents that came with the last message. */
export function documentLines({ messages = [] }: ConverseRequest): string[] {
  return (messages.at(-1)?.content ?? []).flatMap(({ document }) => {
    if (!document) return [];
    const bytes = Buffer.from(String((document.source as { bytes?: string }).bytes ?? ''), 'base64');
    const words = ['txt', 'md', 'csv', 'html'].includes(document.format ?? '') ? `begins: ${bytes.toString().split('\n', 1)[0].slice(0, 100)}` : `has ${bytes.length} bytes`;
    return [`The document ${document.name} (${document.format}) ${words}`];
  });
}
