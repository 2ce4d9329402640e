import { Message } from './converse';
import { refuse } from './refusal';

const MOST_DOCUMENTS = 5;
/** Only the plain space counts: JavaScript's `\s` would let others through that the service refuses. */
const NAME = /^[a-zA-Z0-9\-()[\]]+(?: [a-zA-Z0-9\-()[\]]+)*$/;

export function checkDocuments(messages: readonly Message[]): void {
  const names = new Set<string>();
  for (const [index, { content }] of messages.entries()) {
    const documents = content.flatMap(({ document }) => document ?? []);
    if (documents.length > 0 && !content.some(({ text }) => text !== undefined)) {
      refuse(`The Message object at messages.${index} has a document but no text. Add a text block to the content field and try again.`);
    }
    for (const { name } of documents) {
      if (!NAME.test(name)) {
        refuse('The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. '
          + `The name can't contain more than one consecutive whitespace character. Got: ${JSON.stringify(name)}`);
      }
      if (names.has(name)) refuse(`The document file names in a request must be unique. '${name}' at messages.${index} is there already.`);
      names.add(name);
    }
  }
  if (names.size > MOST_DOCUMENTS) refuse(`A request can hold at most ${MOST_DOCUMENTS} documents. Found ${names.size}.`);
}
