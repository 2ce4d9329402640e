import type { ChatRequest } from '../../../../lambda/chat/asked';
import { parseChatRequest } from '../../../../lambda/chat/request';
import type { Asker } from '../../../../lambda/generation/routing/models';
import { facts } from '../../fakes/policy';

export const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';

export function request(content: unknown, more: object = {}): ChatRequest {
  const body = { messages: [{ role: 'user', content }], ...more };
  return parseChatRequest({ body: JSON.stringify(body), headers: {} }, { ...facts, choices: ['small', 'large'] });
}

/** As it is once its attachments were read. */
export function withImage(text: string): ChatRequest {
  const asked = request([{ type: 'text', text }, { type: 'image_url', image_url: { url: PIXEL } }]);
  const file = { type: 'file' as const, file: { file_id: 'inline-0', format: 'png' as const } };
  return { ...asked, messages: [{ role: 'user', content: [{ type: 'text', text }, file] }] };
}

export const withTools = (text: string) => request(text, { tools: [{ type: 'function', function: { name: 'weather' } }] });

export function asker(changes: Partial<Asker> = {}): Asker {
  return { caller: 'ada', groups: [], headers: {}, ...changes };
}
