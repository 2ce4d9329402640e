import type { ChatRequest } from './asked';
import { attachmentKey, fileKey } from './content-keys';
import type { ChatPolicy } from './settings';
import {
  type Attached, type AttachmentFormat, attachmentTokens, DOCUMENT_BYTES, type Files, IMAGE_BYTES, isImage, type LoadedFile, mediaTypeOf, MOST_DOCUMENTS,
  MOST_IMAGES, sniff, TEXT_FORMATS,
} from '../generation/attachment';
import { BadRequest, NotFound } from '../kit/http';
import type { ChatMessage, ConversationKey, FilePart, FileReference } from '../ports/conversations';
import type { Objects } from '../ports/objects';

/** Bytes of attachments in one prompt: a request of the service may have 25 MB with everything in it. */
const PROMPT_BYTES = 18 * 1024 * 1024;

/** The request with all that is attached to it read and held to the rules: what it is, how large, and whose. */
export async function admitAttachments(request: ChatRequest, owner: string, runId: string, policy: ChatPolicy, objects: Objects): Promise<ChatRequest> {
  if (request.attached.length === 0) return request;
  const found = await Promise.all(request.attached.map((attached) => admit(attached, owner, policy, objects)));
  requireCounts(found, request.attached);
  const named = new Map(request.attached.map(({ id, content }, position) => [id, {
    file: found[position],
    reference: { ...found[position].reference, file_id: content && request.conversationId !== undefined ? `attachment-${runId}-${position}` : id },
  }]));
  return {
    ...request,
    messages: request.messages.map((message) => withReferences(message, (id) => named.get(id)?.reference)),
    files: new Map([...named.values()].map(({ file, reference }) => [reference.file_id, file])),
  };
}

/** Messages that another hand wrote anew, with the attachments of the first: it may leave them out, and bring none of its own. */
export function withSameAttachments(rewritten: ChatRequest, asked: ChatRequest): ChatRequest['messages'] {
  const known = new Map(referencesOf(asked.messages).map((reference) => [reference.file_id, reference]));
  const unknown = rewritten.attached.find(({ id, content }) => content !== undefined || !known.has(id));
  if (unknown) throw new BadRequest(unknown.path, `'${unknown.path}' must name what was attached before.`, 'invalid_value');
  return rewritten.messages.map((message) => withReferences(message, (id) => known.get(id)));
}

/** Keeps what came with the messages of a conversation, so that its items hold references and no bytes. */
export async function keepAttachments({ messages, files }: ChatRequest, conversation: ConversationKey, objects: Objects): Promise<void> {
  const own = referencesOf(messages).filter(({ file_id: id }) => isOwn(id));
  await Promise.all(own.map(async ({ file_id: id, filename }) => {
    const file = files?.get(id);
    if (file) await objects.put(attachmentKey(conversation, id), file.content, { contentType: mediaTypeOf(file.format), labels: { filename: filename ?? '' } });
  }));
}

/** The files of a request and of what was said before it, the newest as far as a prompt holds them; what has expired is left out. */
export async function recallAttachments(
  { messages, files = new Map() }: ChatRequest, history: readonly ChatMessage[], conversation: ConversationKey, objects: Objects,
): Promise<Files> {
  const counts = count(referencesOf(messages).filter(({ file_id: id }) => files.has(id)));
  const wanted: FileReference[] = [];
  for (const reference of referencesOf([...history, ...messages]).reverse()) {
    if (!reference.format || files.has(reference.file_id) || wanted.some(({ file_id: id }) => id === reference.file_id)) continue;
    const next = count([reference], counts);
    if (next.documents > MOST_DOCUMENTS || next.images > MOST_IMAGES || next.bytes > PROMPT_BYTES) continue;
    Object.assign(counts, next);
    wanted.push(reference);
  }
  const loaded = await Promise.all(wanted.map(async ({ file_id: id, filename }): Promise<[string, LoadedFile][]> => {
    const key = isOwn(id) ? attachmentKey(conversation, id) : fileKey(conversation.owner, id);
    const object = await objects.get(key, DOCUMENT_BYTES);
    const format = object && sniff(object.content, filename);
    return object && format ? [[id, { format, content: object.content }]] : [];
  }));
  return new Map([...files, ...loaded.flat()]);
}

async function admit({ path, id, content, filename, image }: Attached, owner: string, policy: ChatPolicy, objects: Objects): Promise<LoadedFile & { reference: Omit<FileReference, 'file_id'> }> {
  const { attachments } = policy;
  if (image && !policy.models.offer.inputs.includes('image')) throw unread(path, 'images', policy);
  if (!attachments) throw policy.models.offer.inputs.some((input) => input !== 'text') ? new BadRequest(path, `'${path}' cannot be used: this API takes no attachments.`, 'unsupported_content') : unread(path, 'documents', policy);
  const object = content ? undefined : await objects.get(fileKey(owner, id), attachments.maxBytes);
  const bytes = content ?? object?.content;
  if (!bytes) throw new NotFound(path, `There is no file '${id.slice(0, 100)}' of yours: upload it first, or again if it has expired.`, 'file_not_found');

  const name = (object?.labels?.filename ?? filename)?.slice(0, 255);
  const format = sniff(bytes, name);
  const taken = attachments.formats.filter((each) => policy.models.offer.inputs.includes(isImage(each) ? 'image' : 'document') && (!image || isImage(each)));
  if (!format || !taken.includes(format)) throw unreadable(path, format, taken, policy);
  if (policy.guardrail && !isImage(format) && !TEXT_FORMATS.includes(format)) {
    throw new BadRequest(path, `'${path}' is a document of the format ${format}, which the guardrail cannot read: send its text, as ${TEXT_FORMATS.join(', ')} or in a message.`, 'unsupported_content');
  }
  requireSize(path, format, bytes.length, attachments.maxBytes);
  return { format, content: bytes, reference: { filename: name ?? `${isImage(format) ? 'image' : 'document'}.${format}`, format, bytes: bytes.length, tokens: attachmentTokens(format, bytes) } };
}

function unread(path: string, kind: 'images' | 'documents', { models: { offer } }: ChatPolicy): BadRequest {
  return new BadRequest(path, `'${path}' cannot be used: the model ${offer.name} reads no ${kind}.`, 'unsupported_content');
}

function unreadable(path: string, format: AttachmentFormat | undefined, taken: readonly AttachmentFormat[], policy: ChatPolicy): BadRequest {
  if (format && !policy.models.offer.inputs.includes(isImage(format) ? 'image' : 'document')) return unread(path, isImage(format) ? 'images' : 'documents', policy);
  return new BadRequest(path, `'${path}' must hold one of ${taken.join(', ')}, and what is in it is ${format ?? 'none of the formats that models read'}.`, 'unsupported_content');
}

function requireSize(path: string, format: AttachmentFormat, bytes: number, maxBytes: number): void {
  const most = Math.min(maxBytes, isImage(format) ? IMAGE_BYTES : DOCUMENT_BYTES);
  if (bytes <= most) return;
  throw new BadRequest(path, `'${path}' must be at most ${Math.floor(most / 1024)} KB, got ${Math.ceil(bytes / 1024)} KB.`, 'file_too_large');
}

function requireCounts(found: readonly { reference: Omit<FileReference, 'file_id'> }[], attached: readonly Attached[]): void {
  const { documents, images } = count(found.map(({ reference }) => reference));
  const { path } = attached[attached.length - 1];
  if (documents > MOST_DOCUMENTS) throw new BadRequest(path, `'messages' must hold at most ${MOST_DOCUMENTS} documents, got ${documents}.`, 'invalid_value');
  if (images > MOST_IMAGES) throw new BadRequest(path, `'messages' must hold at most ${MOST_IMAGES} images, got ${images}.`, 'invalid_value');
}

function count(references: readonly Omit<FileReference, 'file_id'>[], from = { documents: 0, images: 0, bytes: 0 }) {
  const images = references.filter(({ format }) => format && isImage(format)).length;
  return {
    documents: from.documents + references.length - images,
    images: from.images + images,
    bytes: from.bytes + references.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
  };
}

/** Whether a file came with a message, and belongs to its conversation. */
function isOwn(id: string): boolean {
  return id.startsWith('attachment-');
}

function withReferences(message: ChatMessage, find: (id: string) => FileReference | undefined): ChatMessage {
  if (message.role !== 'user' || typeof message.content === 'string') return message;
  return { ...message, content: message.content.map((part) => part.type === 'file' ? { ...part, file: find(part.file.file_id) ?? part.file } : part) };
}

function referencesOf(messages: readonly ChatMessage[]): FileReference[] {
  return messages.flatMap(({ content }) => typeof content === 'string' || !content ? [] : content.flatMap((part) => part.type === 'file' ? [(part as FilePart).file] : []));
}
