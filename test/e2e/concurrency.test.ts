import { createParser } from 'eventsource-parser';
import { runChats } from './run-stacks';
import { Transport } from '../../lib';

const STREAMS = 200;

const chats = runChats(() => ({ Busy: { transport: Transport.restStreaming({ throttling: { rate: 1000, burst: 1000 } }) } }));

/** Fifty words that name their client and their place, so that one that is lost, doubled or another's shows. */
const words = (client: number) => Array.from({ length: 50 }, (_, at) => `c${client}w${at}`).join(' ');

function ask(client: number) {
  const messages = [{ role: 'user', content: `Repeat: ${words(client)}` }];
  return chats.call('Busy', 'POST', 'v1/chat/completions', { stream: true, conversation_id: `client-${client}`, messages });
}

/** What a client read to the end: the text in the order of its pieces, and whether its last word was the protocol's. */
async function read(response: Response): Promise<{ status: number; text: string; finished: boolean }> {
  let text = '';
  let finished = false;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') finished = true;
      else text += JSON.parse(data).choices[0]?.delta.content ?? '';
    },
  });
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) parser.feed(chunk);
  return { status: response.status, text, finished };
}

test(`${STREAMS} streams at once all end complete, each with its own words in order, and are all kept`, async () => {
  const model = await read(await ask(0));
  expect(model.text).toContain(words(0));

  const answers = await Promise.all(Array.from({ length: STREAMS }, async (_, at) => ({ client: at + 1, ...await read(await ask(at + 1)) })));
  const expected = (client: number) => model.text.replaceAll(/\bc0w/g, `c${client}w`);
  const wrong = answers.filter(({ client, status, text, finished }) => status !== 200 || !finished || text !== expected(client));
  expect(wrong).toEqual([]);

  const kept = await chats.call('Busy', 'GET', 'v1/conversations?limit=100');
  expect((await kept.json() as { data: unknown[] }).data).toHaveLength(100);
}, 120_000);
