import type * as v from 'valibot';
import type { chatBody } from './request-schema';
import type { Attached } from '../generation/attachment';
import { BadRequest } from '../kit/http';
import type { ChatMessage, FilePart } from '../ports/conversations';

type RawMessage = v.InferOutput<typeof chatBody>['messages'][number];
type RawPart = Exclude<Extract<RawMessage, { role: 'user' }>['content'], string>[number];

/** Ids of uploads, as the API gives them, and of what came with a message. */
const FILE_ID = /^(file|attachment|inline)-[A-Za-z0-9-]{1,64}$/;

/** Messages with a reference where something is attached, and what is attached: bytes of data URLs, ids of uploads, never another address. */
export function attachmentsOf(raw: readonly RawMessage[]): { messages: ChatMessage[]; attached: Attached[] } {
  const attached: Attached[] = [];
  const attach = (part: Exclude<RawPart, { type: 'text' }>, path: string): FilePart => {
    const one = attachedBy(part, path, `inline-${attached.length}`);
    attached.push(one);
    return { type: 'file', file: { file_id: one.id } };
  };
  const messages = raw.map((message, position): ChatMessage => {
    if (message.role !== 'user' || typeof message.content === 'string') return message as ChatMessage;
    return { ...message, content: message.content.map((part, index) => part.type === 'text' ? part : attach(part, `messages[${position}].content[${index}]`)) };
  });
  return { messages, attached };
}

function attachedBy(part: Exclude<RawPart, { type: 'text' }>, path: string, id: string): Attached {
  if (part.type === 'image_url') {
    const field = `${path}.image_url.url`;
    const content = decoded(part.image_url.url, /^data:image\/[a-z]+;base64,$/);
    if (content) return { path: field, id, content, image: true };
    throw new BadRequest(field, `'${field}' must be a data: URL with a PNG, JPEG, GIF or WebP image in base64: images are not fetched from elsewhere.`, 'invalid_value');
  }
  const { file_data: data, file_id: fileId, filename } = part.file;
  const field = `${path}.file.${data === undefined ? 'file_id' : 'file_data'}`;
  if ((data === undefined) === (fileId === undefined)) throw new BadRequest(`${path}.file`, `'${path}.file' must have either 'file_data' or 'file_id'.`, 'invalid_value');
  if (fileId !== undefined) {
    if (FILE_ID.test(fileId)) return { path: field, id: fileId };
    throw new BadRequest(field, `'${field}' must be an id that 'POST /v1/files' has given.`, 'invalid_value');
  }
  const content = decoded(data ?? '', /^data:[a-z0-9.+/-]+(;charset=utf-8)?;base64,$/i);
  if (content) return { path: field, id, content, filename };
  throw new BadRequest(field, `'${field}' must be a data: URL in base64, such as data:application/pdf;base64,…: files are not fetched from elsewhere.`, 'invalid_value');
}

/** The bytes of a data URL; what its head claims to be in it counts for nothing. */
function decoded(url: string, head: RegExp): Buffer | undefined {
  const comma = url.slice(0, 300).indexOf(',') + 1;
  const data = url.slice(comma);
  if (comma === 0 || !head.test(url.slice(0, comma)) || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return undefined;
  return Buffer.from(data, 'base64');
}
