import { lowerCase } from './call';
import { BadRequest } from './http';
import { CHAT_ROUTES, LAST_EVENT_HEADER } from '../../lib/contract/chat';

/** A request of a socket as one of HTTP. */
export interface SocketRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** What a message asks for, in the words of the HTTP API: a client of either knows both. */
export function parseSocketRequest(text: string): SocketRequest {
  const fields = fieldsOf(text);
  switch (fields.type) {
    case 'chat.completions':
      return { ...CHAT_ROUTES.completions, query: {}, headers: headersOf(fields.headers), body: bodyOf(fields.body) };
    case 'resume': {
      const read = fields.last_event_id === undefined || fields.last_event_id === null ? {} : { [LAST_EVENT_HEADER]: textOf('last_event_id', fields.last_event_id) };
      return { ...ofConversation(CHAT_ROUTES.resume, fields.conversation_id), query: {}, headers: read, body: '' };
    }
    case 'stop':
      return { ...ofConversation(CHAT_ROUTES.stop, fields.conversation_id), query: {}, headers: {}, body: '' };
    case 'request': {
      const [path, query] = textOf('path', fields.path).split('?', 2);
      return { method: textOf('method', fields.method), path, query: Object.fromEntries(new URLSearchParams(query)), headers: headersOf(fields.headers), body: bodyOf(fields.body) };
    }
    default:
      throw new BadRequest('type', '\'type\' must be \'chat.completions\', \'resume\', \'stop\' or \'request\'.', 'invalid_value');
  }
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new BadRequest(undefined, 'The parts of a request, joined, must be a message: a JSON object.', 'invalid_json');
}

function ofConversation({ method, path }: { readonly method: string; readonly path: string }, id: unknown) {
  return { method, path: path.replace('{id}', encodeURIComponent(textOf('conversation_id', id))) };
}

function bodyOf(body: unknown): string {
  return body === undefined ? '' : JSON.stringify(body);
}

function headersOf(headers: unknown = {}): Record<string, string | undefined> {
  if (typeof headers !== 'object' || headers === null || !Object.values(headers).every((value) => typeof value === 'string')) {
    throw new BadRequest('headers', '\'headers\' must be an object of texts.', 'invalid_value');
  }
  return lowerCase(headers as Record<string, string>);
}

function textOf(name: string, value: unknown): string {
  // Half a character cannot be written into an address.
  if (typeof value !== 'string' || value === '' || /\p{Surrogate}/u.test(value)) throw new BadRequest(name, `'${name}' must be a text.`, 'invalid_value');
  return value;
}
