import { routing } from '../../../lambda/kit/routing';
import { CHAT_ROUTES } from '../../../lib/contract/chat';

const routed = routing(Object.values(CHAT_ROUTES).map(({ method, path }) => `${method} ${path}`));

test.each([
  ['POST', '/v1/chat/completions', 'POST /v1/chat/completions', {}],
  ['GET', '/v1/conversations', 'GET /v1/conversations', {}],
  ['GET', '/v1/conversations/c-1', 'GET /v1/conversations/{id}', { id: 'c-1' }],
  ['DELETE', '/v1/conversations/c-1', 'DELETE /v1/conversations/{id}', { id: 'c-1' }],
  ['GET', '/v1/conversations/a%20b/stream', 'GET /v1/conversations/{id}/stream', { id: 'a b' }],
  ['POST', '/v1/conversations/c/messages/m%2F1/feedback', 'POST /v1/conversations/{id}/messages/{messageId}/feedback', { id: 'c', messageId: 'm/1' }],
])('leads %s %s to its route', (method, path, route, found) => {
  expect(routed(method, path)).toEqual({ route, path: found });
});

test.each([
  ['another method', 'PUT', '/v1/models'],
  ['a longer path', 'GET', '/v1/models/one'],
  ['a slash at the end', 'GET', '/v1/models/'],
  ['an empty name', 'GET', '/v1/conversations/'],
  ['a path that cannot be decoded', 'GET', '/v1/conversations/%zz'],
  ['the names of the pattern', 'GET', '/v1/conversations/a/b'],
])('leads %s nowhere, and keeps what was asked for out of the log', (_, method, path) => {
  expect(routed(method, path)).toEqual({ route: `${method} ?`, path: {} });
});

test('prefers a resource that spells a segment to one that names it', () => {
  const choose = routing(['GET /v1/{id}', 'GET /v1/models']);
  expect(choose('GET', '/v1/models').route).toBe('GET /v1/models');
});
