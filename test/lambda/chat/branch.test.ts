import { ChatApi } from '../fakes/api';
import { calls, says, type Script, stop, text, usage } from '../fakes/model';

const CONVERSATION = { conversation_id: 'c1' };

test('goes on after the newest turn where no place is named', async () => {
  const chat = await talk(['One', 'Two', 'Three']);
  expect(chat.heard(2)).toEqual(['One', 'a1', 'Two', 'a2', 'Three']);
});

test('lets a message be edited: what followed it is another branch from then on', async () => {
  const chat = await talk(['One', 'Two', 'Three']);
  await chat.say('Two, but better', { edit_message_id: 'msg_2_0' });
  expect(chat.heard(3)).toEqual(['One', 'a1', 'Two, but better']);
  await chat.say('And on');
  expect(chat.heard(4)).toEqual(['One', 'a1', 'Two, but better', 'a4', 'And on']);
});

test('lets the first message be edited', async () => {
  const chat = await talk(['One', 'Two']);
  await chat.say('Another one', { edit_message_id: 'msg_1_0' });
  expect(chat.heard(2)).toEqual(['Another one']);
  await chat.say('On');
  expect(chat.heard(3)).toEqual(['Another one', 'a3', 'On']);
});

test('gives an answer anew, and keeps the question once', async () => {
  const chat = await talk(['One', 'Two']);
  await chat.again({ regenerate_message_id: 'msg_2_1' });
  expect(chat.heard(2)).toEqual(['One', 'a1', 'Two']);
  await chat.again({ regenerate_message_id: 'msg_3_0' });
  expect(chat.heard(3)).toEqual(['One', 'a1', 'Two']);
  await chat.say('On');
  expect(chat.heard(4)).toEqual(['One', 'a1', 'Two', 'a4', 'On']);
  const kept = chat.api.conversations.messages.get(JSON.stringify(['ada', 'c1'])) ?? [];
  expect(kept.filter(({ message }) => message.content === 'Two')).toHaveLength(1);
});

test('answers a message that was sent once more', async () => {
  const chat = await talk(['One', 'Two']);
  await chat.again({ regenerate_message_id: 'msg_1_0' });
  expect(chat.heard(2)).toEqual(['One']);
});

test('goes back to an old branch by naming an answer on it', async () => {
  const chat = await talk(['One', 'Two']);
  await chat.say('Two, but better', { edit_message_id: 'msg_2_0' });
  await chat.say('Back', { parent_message_id: 'msg_2_1' });
  expect(chat.heard(3)).toEqual(['One', 'a1', 'Two', 'a2', 'Back']);
});

test('keeps what was sent beside an edited message, and asks it again', async () => {
  const chat = new Talk();
  await chat.send({ messages: [user('Here is a poem.'), user('What of it?')] });
  await chat.say('Who wrote it?', { edit_message_id: 'msg_1_1' });
  expect(chat.heard(1)).toEqual(['Here is a poem.', 'Who wrote it?']);
  await chat.say('On');
  expect(chat.heard(2)).toEqual(['Here is a poem.', 'Who wrote it?', 'a2', 'On']);
  await chat.again({ regenerate_message_id: 'msg_2_1' });
  expect(chat.heard(3)).toEqual(['Here is a poem.', 'Who wrote it?']);
});

test('asks with the same instructions when an answer is given anew', async () => {
  const chat = new Talk();
  await chat.send({ messages: [{ role: 'system', content: 'Be brief.' }, user('One')] });
  await chat.again({ regenerate_message_id: 'msg_1_2' });
  expect(chat.api.model.prompts.map(({ system }) => system.map((each) => each.text))).toEqual([['You help.', 'Be brief.'], ['You help.', 'Be brief.']]);
});

test('gives an answer to tool results anew with the calls before it', async () => {
  const chat = new Talk([calls('weather', '{}'), says('Sun.'), says('Sunny.')]);
  const tools = [{ type: 'function', function: { name: 'weather' } }];
  await chat.say('Weather?', { tools });
  await chat.send({ messages: [{ role: 'tool', tool_call_id: 'call-weather', content: 'sun' }], tools });
  await chat.again({ regenerate_message_id: 'msg_2_1', tools });
  expect(chat.api.model.prompts[2]).toEqual(chat.api.model.prompts[1]);
});

test('leaves a blocked answer out and lets its question be asked again', async () => {
  const chat = new Talk([says('a1'), [text('No.'), stop('guardrail_intervened'), usage], says('a3'), says('a4')]);
  await chat.say('One');
  await chat.say('Two');
  await chat.again({ regenerate_message_id: 'msg_2_1' });
  expect(chat.heard(2)).toEqual(['One', 'a1', 'Two']);
  await chat.say('Three');
  expect(chat.heard(3)).toEqual(['One', 'a1', 'Two', 'a3', 'Three']);
});

test('keeps a question that was blocked again out of later prompts', async () => {
  const blocked: Script = [text('No.'), stop('guardrail_intervened'), usage];
  const chat = new Talk([says('a1'), blocked, blocked, says('a4')]);
  await chat.say('One');
  await chat.say('Two');
  await chat.again({ regenerate_message_id: 'msg_2_1' });
  await chat.say('Three');
  expect(chat.heard(3)).toEqual(['One', 'a1', 'Three']);
});

test('is not changed by a turn that failed elsewhere in the tree', async () => {
  const chat = new Talk([says('a1'), says('a2'), [text('Hal')], says('a4')]);
  await chat.say('One');
  await chat.say('Two');
  await chat.say('Other', { edit_message_id: 'msg_1_0' });
  await chat.say('Three');
  expect(chat.heard(3)).toEqual(['One', 'a1', 'Two', 'a2', 'Three']);
});

test.each([
  [{ parent_message_id: 'msg_1_0' }, 400], [{ edit_message_id: 'msg_1_1' }, 400], [{ edit_message_id: 'msg_2_0' }, 404],
  [{ parent_message_id: 'msg_1_7' }, 404], [{ edit_message_id: 'first' }, 400],
])('refuses %j, which names no place for new words', async (fields, status) => {
  const chat = await talk(['One']);
  const refused = await chat.say('Two', fields);
  expect([refused.status, refused.json().error.param]).toEqual([status, Object.keys(fields)[0]]);
  await chat.say('Two');
  expect(chat.heard(1)).toEqual(['One', 'a1', 'Two']);
});

test.each<[object, string]>([
  [{ messages: [user('Hi')], regenerate_message_id: 'msg_1_1' }, 'messages'],
  [{ messages: [user('Hi')], edit_message_id: 'msg_1_0', parent_message_id: 'msg_1_1' }, 'edit_message_id'],
  [{ messages: [user('Hi')], edit_message_id: 'msg_1_0', conversation_id: null }, 'edit_message_id'],
  [{ regenerate_message_id: 'msg_1_1', conversation_id: 'new' }, 'regenerate_message_id'],
  [{ messages: [] }, 'messages'],
])('refuses %j, naming the field', async (body, param) => {
  const chat = await talk(['One']);
  expect((await chat.send(body)).json().error.param).toBe(param);
});

async function talk(words: string[]): Promise<Talk> {
  const chat = new Talk();
  for (const said of words) await chat.say(said);
  return chat;
}

function user(content: string) {
  return { role: 'user', content };
}

/** A conversation whose nth answer is `an`. */
class Talk {
  readonly api: ChatApi;

  constructor(scripts: Script[] = Array.from({ length: 9 }, (_, turn) => says(`a${turn + 1}`))) {
    this.api = new ChatApi(scripts);
  }

  send(body: object) {
    return this.api.chat({ ...CONVERSATION, ...body });
  }

  say(content: string, fields: object = {}) {
    return this.send({ messages: [user(content)], ...fields });
  }

  again(fields: object) {
    return this.send({ messages: [], ...fields });
  }

  /** What a prompt said to the model, in order. */
  heard(prompt: number): string[] {
    return this.api.model.prompts[prompt].messages.flatMap(({ content }) => content.map((block) => block.kind === 'text' ? block.text : block.kind));
  }
}
