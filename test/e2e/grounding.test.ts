import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { UserPool } from 'aws-cdk-lib/aws-cognito';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import OpenAI from 'openai';
import { runStacks } from './run-stacks';
import { ApiAuth, ChatbotApi, Guardrail, ManagedRag } from '../../lib';

const LEAVE = 'Everybody has thirty days of leave a year.';
const QUESTION = 'How many days of leave does everybody have a year?';
const REFUSED = 'The documents do not bear that out.';
/** What the local model says where it makes things up. */
const INVENTED = 'lighthouse';

describe('a guardrail that checks answers against their passages', () => {
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Grounded');
    const auth = ApiAuth.cognito(new UserPool(stack, 'Users'));
    const guardrail = new Guardrail(stack, 'Guardrail', { contextualGrounding: { groundingThreshold: 0.7, relevanceThreshold: 0.3 }, blockedOutputMessage: REFUSED });
    const rag = new ManagedRag(stack, 'Rag', { auth, guardrail, retrieval: { links: Duration.minutes(5) } });
    const chat = new ChatbotApi(stack, 'Chat', { auth, guardrail, knowledge: rag });
    new CfnOutput(stack, 'RagUrl', { value: rag.url });
    new CfnOutput(stack, 'ChatUrl', { value: chat.url });
  });
  const { signal } = new AbortController();
  const token = () => run.cloud.session.users['user-a'];
  const openai = () => new OpenAI({ apiKey: token(), baseURL: `${run.cloud.outputs.Grounded.ChatUrl}v1`, maxRetries: 0 });

  beforeAll(async () => {
    run.cloud.events.queues.speed = 60;
    const [{ bucket }] = await run.cloud.desk.folders();
    await run.cloud.desk.upload({ bucket, key: 'leave.txt', content: Buffer.from(LEAVE).toString('base64'), contentType: 'text/plain' });
    for (const until = Date.now() + 30_000; ;) {
      if (Object.values(run.cloud.knowledge.indexed()).flat().includes(`s3://${bucket}/leave.txt`)) return;
      if (Date.now() > until) throw new Error('the document was not indexed');
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }, 60_000);
  afterEach(() => run.cloud.faults.set({ kind: 'none' }));

  const makesThingsUp = () => run.cloud.faults.set({ kind: 'invented' });

  async function query(body: object = {}): Promise<Response> {
    const headers = { 'authorization': `Bearer ${token()}`, 'content-type': 'application/json' };
    return fetch(`${run.cloud.outputs.Grounded.RagUrl}v1/query`, { method: 'POST', headers, body: JSON.stringify({ query: QUESTION, ...body }), signal });
  }

  async function streamed(): Promise<{ text: string; citations: number; done: { finish_reason: string; grounded: boolean } }> {
    const events: { name?: string; data: any }[] = [];
    const text = (await query({ stream: true })).body!.pipeThrough(new TextDecoderStream() as never);
    const parsed = text.pipeThrough(new EventSourceParserStream() as never) as unknown as AsyncIterable<{ event?: string; data: string }>;
    for await (const { event, data } of parsed) events.push({ name: event, data: JSON.parse(data) });
    const of = (name: string) => events.filter((event) => event.name === name).map(({ data }) => data);
    return { text: of('text').map((data) => data.text as string).join(''), citations: of('citation').length, done: of('done')[0] };
  }

  async function said(stream: boolean, conversation?: string) {
    const headers = conversation === undefined ? {} : { 'x-conversation-id': conversation };
    const body = { model: undefined as never, messages: [{ role: 'user' as const, content: QUESTION }] };
    if (!stream) {
      const { choices: [{ message, finish_reason }] } = await openai().chat.completions.create(body, { headers });
      return { text: message.content ?? '', annotations: message.annotations ?? [], finish: finish_reason };
    }
    let text = '';
    let finish: string | undefined;
    const annotations: object[] = [];
    for await (const { choices: [choice] } of await openai().chat.completions.create({ ...body, stream }, { headers })) {
      text += choice?.delta.content ?? '';
      finish = choice?.finish_reason ?? finish;
      annotations.push(...(choice?.delta as { annotations?: object[] } | undefined)?.annotations ?? []);
    }
    return { text, annotations, finish };
  }

  describe('of questions', () => {
    test('lets an answer through that they bear out, in one piece and as a stream', async () => {
      expect(await (await query()).json()).toMatchObject({ answer: `${LEAVE} [1]`, finish_reason: 'stop', grounded: true, citations: [{ number: 1 }] });
      expect(await streamed()).toMatchObject({ text: `${LEAVE} [1]`, citations: 1, done: { finish_reason: 'stop', grounded: true } });
    });

    test('refuses one that the model made up, and cites nothing for it', async () => {
      makesThingsUp();
      expect(await (await query()).json()).toMatchObject({ answer: REFUSED, finish_reason: 'content_filter', grounded: false, citations: [] });
      const { text, citations, done } = await streamed();
      expect([text, citations, done.finish_reason, done.grounded]).toEqual([REFUSED, 0, 'content_filter', false]);
    });
  });

  describe('of a chat', () => {
    test.each([['in one piece', false], ['as a stream', true]])('lets an answer through that they bear out, %s', async (_, stream) => {
      expect(await said(stream)).toMatchObject({ text: `${LEAVE} [1]`, annotations: [{ type: 'url_citation' }], finish: 'stop' });
    });

    test.each([['in one piece', false], ['as a stream', true]])('refuses one that the model made up, %s, and keeps no word of it', async (how, stream) => {
      makesThingsUp();
      const conversation = `made-up-${how.replaceAll(' ', '-')}`;
      const { text, annotations, finish } = await said(stream, conversation);
      expect([text, annotations, finish]).toEqual([REFUSED, [], 'content_filter']);
      const kept = await (await fetch(`${run.cloud.outputs.Grounded.ChatUrl}v1/conversations/${conversation}`, { headers: { authorization: `Bearer ${token()}` }, signal })).text();
      expect(kept).not.toContain(INVENTED);
    });
  });

  test('is audited by its kind where it refuses, and not where it does not', async () => {
    const auditOf = async (response: Response) => {
      const { id } = await response.json() as { id: string };
      const { line } = await run.cloud.waitForLog((logged) => logged.line.includes(id.replace('qry-', '')) && logged.line.includes('finishReason'));
      return (JSON.parse(line) as { guardrail?: string }).guardrail;
    };
    expect(await auditOf(await query())).toBeUndefined();
    makesThingsUp();
    expect(await auditOf(await query())).toBe('output grounding GROUNDING BLOCKED; output grounding RELEVANCE BLOCKED');
  });
});
