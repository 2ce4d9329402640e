import { type ErrorBody, runExample, userMessage } from './run-example';
import { useContent } from './use-content';

const CANARY = 'canary-9d30';

interface Message {
  readonly id: string;
  readonly role: string;
  readonly feedback?: { readonly rating: string; readonly comment?: string };
}

interface ConversationBody {
  readonly id: string;
  readonly title: string;
  readonly turns: number;
  readonly messages: readonly Message[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

describe('conversations after they were held', () => {
  const example = runExample('chatbot-api');
  const path = (id: string, rest = '') => `v1/conversations/${id}${rest}`;
  const talk = async (id: string, ...words: string[]) => {
    for (const said of words) expect((await example.chat({ ...userMessage(said), conversation_id: id })).status).toBe(200);
  };
  const read = async (id: string, query = '') => await (await example.get(path(id, query))).json() as ConversationBody;
  const listed = async () => ((await (await example.get('v1/conversations?limit=100')).json()) as { data: { id: string; title: string }[] }).data;
  const rate = (id: string, messageId: string, body: unknown, user?: 'user-b') => example.send('POST', path(id, `/messages/${messageId}/feedback`), body, user);

  test('are renamed, and stay where they are in the list', async () => {
    await talk('older', 'The first words');
    await talk('newer', 'Other words');
    const response = await example.send('PATCH', path('older'), { title: '  Rivers & „lakes“ 🌊 ' });
    expect([response.status, (await response.json() as ConversationBody).title]).toEqual([200, 'Rivers & „lakes“ 🌊']);
    expect((await listed()).map(({ title }) => title)).toEqual(['Other words', 'Rivers & „lakes“ 🌊']);
    await talk('older', 'More words');
    expect((await read('older')).title).toBe('Rivers & „lakes“ 🌊');
  });

  test.each([
    [{}, 'title'], [{ title: '' }, 'title'], [{ title: 'a\nb' }, 'title'], [{ title: 'x'.repeat(201) }, 'title'],
  ])('refuses to rename by %j in the envelope, naming the field', async (body, param) => {
    const response = await example.send('PATCH', path('older'), body);
    expect(response.status).toBe(400);
    expect((await response.json() as ErrorBody).error).toMatchObject({ type: 'invalid_request_error', param });
    expect(response.headers.get('x-request-id')).toMatch(/./);
  });

  test.each(['PATCH', 'POST'])('refuses a %s whose body is no JSON object before the handler sees it', async (method) => {
    const response = await example.send(method, method === 'PATCH' ? path('older') : path('older', '/messages/msg_1_1/feedback'), ['up']);
    expect([response.status, (await response.json() as ErrorBody).error.code]).toEqual([400, 'invalid_body']);
  });

  test('keep what their owner thinks of an answer, the last word only', async () => {
    await talk('rated', 'Hello', 'And again');
    const ids = (await read('rated')).messages.map(({ id }) => id);
    expect((await rate('rated', ids[1], { rating: 'down', comment: CANARY })).status).toBe(200);
    expect((await rate('rated', ids[1], { rating: 'up', comment: `Good after all. ${CANARY}` })).status).toBe(200);
    expect((await rate('rated', ids[3], { rating: 'down' })).status).toBe(200);
    expect((await read('rated')).messages.map(({ feedback }) => feedback?.rating)).toEqual([undefined, 'up', undefined, 'down']);
    expect((await read('rated')).messages[1].feedback).toMatchObject({ comment: `Good after all. ${CANARY}` });
    expect((await rate('rated', ids[0], { rating: 'up' })).status).toBe(400);
    expect((await rate('rated', 'msg_9_9', { rating: 'up' })).status).toBe(404);
    expect((await rate('rated', ids[1], { rating: 'meh' })).status).toBe(400);
  });

  test('count opinions as metrics and tell no word of them', async () => {
    for (const metric of ['FeedbackUp', 'FeedbackDown']) {
      const { line } = await example.cloud.waitForLog((logged) => logged.line.includes('CloudWatchMetrics') && logged.line.includes(metric));
      expect(JSON.parse(line.slice(line.indexOf('{')))._aws.CloudWatchMetrics[0].Dimensions).toEqual([['Service', 'Model']]);
    }
    expect(example.cloud.logs.map(({ line }) => line).filter((line) => line.includes(CANARY))).toEqual([]);
  });

  test('are read page by page with the same ids, opinions among them', async () => {
    const seen: Message[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: ConversationBody = await read('rated', `?limit=1${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.messages);
      cursor = page.next_cursor;
    }
    expect(seen).toEqual((await read('rated')).messages);
  });

  test('do not exist for another user, whatever is asked of them', async () => {
    await talk('private', 'A secret');
    const asked: [string, string, unknown?][] = [
      ['GET', ''], ['PATCH', '', { title: 'Mine' }], ['DELETE', ''], ['POST', '/messages/msg_1_1/feedback', { rating: 'down' }],
    ];
    for (const [method, rest, body] of asked) {
      const answers = await Promise.all(['private', 'never-was'].map((id) => example.send(method, path(id, rest), body, 'user-b')));
      const [theirs, never] = await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]));
      expect(theirs).toEqual(never);
      expect(theirs[0]).toBe(404);
    }
    const { title, turns, messages } = await read('private');
    expect([title, turns, messages.some(({ feedback }) => feedback)]).toEqual(['A secret', 1, false]);
  });

  test('are deleted with all their items, 150 messages and more, and their ids begin anew', async () => {
    for (let turn = 0; turn < 75; turn++) await talk('long', `Message ${turn}`);
    await rate('long', 'msg_70_1', { rating: 'up' });
    const response = await example.send('DELETE', path('long'));
    expect([response.status, await response.json()]).toEqual([200, { id: 'long', object: 'conversation.deleted', deleted: true }]);
    expect((await example.get(path('long'))).status).toBe(404);
    expect((await listed()).map(({ id }) => id)).not.toContain('long');
    expect((await example.send('DELETE', path('long'))).status).toBe(404);
    const { line } = await example.cloud.waitForLog((logged) => logged.line.includes('deletedItems'));
    // Its messages, and what the log still holds of the turns.
    expect(Number(/"deletedItems":(\d+)/.exec(line)?.[1])).toBeGreaterThanOrEqual(151);

    const answer = await (await example.chat({ ...userMessage('Who was I?'), conversation_id: 'long' })).text();
    expect(answer).toContain('1 message of yours');
    expect(await read('long')).toMatchObject({ title: 'Who was I?', turns: 1, messages: [{ id: 'msg_1_0' }, { id: 'msg_1_1' }] });
  }, 60_000);

  test('refuse to be deleted while a turn runs, and the turn ends well', async () => {
    await talk('busy', 'Hello');
    example.cloud.faults.set({ kind: 'slow', times: 1 });
    const turn = await example.chat({ ...userMessage('Slowly, please'), conversation_id: 'busy', stream: true, max_tokens: 6 });
    const refused = await example.send('DELETE', path('busy'));
    expect([refused.status, (await refused.json() as ErrorBody).error.code, refused.headers.get('retry-after')]).toEqual([409, 'conversation_busy', '2']);
    expect((await turn.text()).trimEnd().endsWith('data: [DONE]')).toBe(true);
    expect((await read('busy')).messages).toHaveLength(4);
    expect((await example.send('DELETE', path('busy'))).status).toBe(200);
  }, 30_000);

  test('end as one whole or as nothing when turns and removals meet', async () => {
    for (let round = 0; round < 5; round++) {
      await talk('contested', 'Hello', 'Again');
      const [turn, removal] = await Promise.all([example.chat({ ...userMessage('Once more'), conversation_id: 'contested' }), example.send('DELETE', path('contested'))]);
      expect([200, 409]).toContain(turn.status);
      expect([200, 409]).toContain(removal.status);
      await Promise.all([turn.text(), removal.text()]);
      const { status, messages } = await example.stored('contested');
      // Either the turn held the removal off, or it was refused, or it began anew after the removal.
      const expected = removal.status === 409 ? [6] : turn.status === 409 ? [0] : [2];
      expect([round, expected, messages.length, status]).toEqual([round, expected, expected[0], expected[0] === 0 ? 404 : 200]);
      if (status === 200) await example.send('DELETE', path('contested'));
    }
  }, 30_000);

  test('took every permission that the template gives, and no more', async () => {
    await useContent(example);
    const { roles } = await example.cloud.report();
    for (const { denied, unknown, unused } of roles) expect({ denied, unknown, unused }).toEqual({ denied: [], unknown: [], unused: [] });
  });
});
