import { createHash } from 'node:crypto';
import type { ChatInput, ChatRequest } from './asked';
import { IDEMPOTENCY_HEADER } from '../../lib/contract/chat';
import { BadRequest } from '../kit/http';
import type { TurnKey } from '../ports/turn-keys';

/**
 * What a client calls a turn that must not be taken twice. Some clients name every request of theirs by themselves, so where nothing is
 * kept a name is passed over.
 */
export function turnKey(headers: ChatInput['headers'], request: ChatRequest): TurnKey | undefined {
  const name = headers[IDEMPOTENCY_HEADER];
  if (name === undefined || request.conversationId === undefined) return undefined;
  if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(name)) {
    throw new BadRequest(IDEMPOTENCY_HEADER, `'${IDEMPOTENCY_HEADER}' must be 1 to 64 letters, digits, _, ., : or -.`, 'invalid_value');
  }
  // An answer may be asked for once more in another form.
  const { stream, includeUsage, ...asked } = request;
  const attached = asked.attached.map(({ content, ...file }) => ({ ...file, content: content && hashed(content) }));
  return { name, hash: hashed(JSON.stringify({ ...asked, attached })) };
}

function hashed(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('base64url');
}
