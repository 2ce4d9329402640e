import { ChatApi } from '../fakes/api';
import { says } from '../fakes/model';

describe('a chat that keeps nothing', () => {
  const chat = () => new ChatApi([says('Hello')], { stateless: true });

  test('answers a request that holds its whole conversation', async () => {
    const answer = await chat().chat({ messages: [{ role: 'user', content: 'Hi' }] });
    expect(answer.status).toBe(200);
    expect(answer.json().choices[0].message.content).toBe('Hello');
  });

  test.each([
    ['the field', { body: { messages: [{ role: 'user', content: 'Hi' }], conversation_id: 'trip-1' } }],
    ['the header', { body: { messages: [{ role: 'user', content: 'Hi' }] }, headers: { 'x-conversation-id': 'trip-1' } }],
    ['the field of a stream', { body: { stream: true, messages: [{ role: 'user', content: 'Hi' }], conversation_id: 'trip-1' } }],
  ])('refuses to continue a conversation named by %s, and says what to do', async (_, request) => {
    const answer = await chat().call(request);
    expect(answer.status).toBe(400);
    expect(answer.json().error).toMatchObject({ code: 'unsupported_parameter', param: 'conversation_id' });
    expect(answer.json().error.message).toContain("send the whole conversation in 'messages'");
  });

  test.each([
    ['GET', '/v1/conversations'], ['GET', '/v1/conversations/{id}'], ['DELETE', '/v1/conversations/{id}'], ['POST', '/v1/conversations/{id}/stop'],
  ])('refuses %s %s, which it has not', async (method, resource) => {
    const answer = await chat().call({ method, resource, id: 'trip-1' });
    expect(answer.status).toBe(404);
    expect(answer.json().error.type).toBe('invalid_request_error');
  });
});
