import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import OpenAI from 'openai';
import { until } from './run-rags';
import { ApiAuth, ChatbotApi, type ChatbotApiProps, Geography, type IModel, Model, ModelRouter, ModelSplit, RequestTrait } from '../../lib';
import { METRICS_NAMESPACE } from '../../lib/contract/api';
import { MODEL_HEADER, ROUTE_HEADER } from '../../lib/contract/chat';
import { type LocalCloud, startCloud } from '../../local/cloud';
import { alarmMetrics, dashboardMetrics, type Template as Json } from '../observability/watched-metrics';

type Line = Readonly<Record<string, unknown>>;

interface Embedded extends Line {
  readonly _aws: { readonly CloudWatchMetrics: readonly Directive[] };
}

interface Directive {
  readonly Dimensions: readonly string[][];
  readonly Metrics: readonly { readonly Name: string }[];
}

const lite = Model.foundation('amazon.nova-lite-v1:0', { name: 'lite' });
const pro = Model.foundation('amazon.nova-pro-v1:0', { name: 'pro' });
const PROMPT_ROUTER = 'arn:aws:bedrock:us-east-1:123456789012:prompt-router/nova-router';
const tight = Model.foundation('amazon.nova-micro-v1:0', { name: 'tight', capabilities: { contextTokens: 400, outputTokens: 100 } });

describe('a chat whose router chooses among models', () => {
  const assembly = mkdtempSync(join(tmpdir(), 'routing-'));
  const template: { json?: Json } = {};
  let cloud: LocalCloud;

  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    const stack = new Stack(app, 'Routing');
    const auth = ApiAuth.cognito(new cognito.UserPool(stack, 'Users'));
    const define = (name: string, model: IModel, props: ChatbotApiProps = {}) => {
      const chat = new ChatbotApi(stack, `${name}Chat`, { auth, model, ...props });
      new CfnOutput(stack, name, { value: chat.url });
      return chat;
    };

    const ruled = define('Ruled', new ModelRouter({
      model: lite,
      rules: [
        { name: 'code', when: [RequestTrait.code()], use: pro },
        { name: 'staff', when: [RequestTrait.userGroup('staff')], use: pro },
        { name: 'taste', when: [RequestTrait.header('x-taste', 'fine')], use: pro },
      ],
      fallback: [pro],
      firstTokenTimeout: Duration.seconds(1),
      coolDown: Duration.seconds(2),
      selectable: true,
    }));
    ruled.addAlarms();
    ruled.addDashboard();
    define('Tight', new ModelRouter({ model: tight, fallback: [lite] }));
    define('Split', new ModelSplit([{ model: lite, weight: 1 }, { model: pro, weight: 1 }]));
    define('Classified', new ModelRouter({
      model: lite,
      classifier: { model: tight, classes: [{ name: 'local', description: 'What a local model says.', use: pro }, { name: 'other', description: 'The rest.', use: lite }] },
    }));
    define('Bedrocks', Model.promptRouter(PROMPT_ROUTER, { routesTo: [Model.foundation('amazon.nova-lite-v1:0'), Model.crossRegion(Geography.US, 'amazon.nova-pro-v1:0')] }));
    template.json = Template.fromStack(stack).toJSON() as Json;
    app.synth();
    cloud = await startCloud({ assembly });
  }, 90_000);

  afterEach(() => cloud.faults.set({ kind: 'none' }));
  afterAll(async () => {
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  const send = (name: string, body: object, headers: Record<string, string> = {}) => fetch(`${cloud.outputs.Routing[name]}v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'authorization': `Bearer ${cloud.session.users['user-a']}`, 'content-type': 'application/json', ...headers },
  });
  const ask = async (name: string, content: string, more: object = {}, headers: Record<string, string> = {}) => {
    const response = await send(name, { messages: [{ role: 'user', content }], ...more }, headers);
    expect(response.status).toBe(200);
    const { model, usage } = await response.json() as { model: string; usage: { cost: number } };
    return { model, cost: usage.cost, answered: response.headers.get(MODEL_HEADER), route: response.headers.get(ROUTE_HEADER) };
  };
  const lines = () => cloud.logs.flatMap(({ line }): Line[] => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  const embedded = () => lines().filter((line): line is Embedded => '_aws' in line);
  /** A fault leaves a model cooling, and the next test begins with a warm one. */
  const cooledDown = () => new Promise((resolve) => setTimeout(resolve, 2_100));

  test('a rule chooses, and the answer says whom and why, in its body, its headers and the log', async () => {
    expect(await ask('Ruled', 'Tell me of rivers.')).toMatchObject({ model: 'lite', answered: 'lite', route: 'default' });
    expect(await ask('Ruled', 'What is wrong here? TypeError: x is not a function')).toMatchObject({ model: 'pro', answered: 'pro', route: 'rule:code' });
    await cloud.waitForLog(({ line }) => line.includes('"modelRoute":"rule:code"') && line.includes('"model":"pro"'));
  });

  test('a header has its say, and a group only where the token proves it', async () => {
    expect(await ask('Ruled', 'Tell me of rivers.', {}, { 'x-taste': 'fine' })).toMatchObject({ route: 'rule:taste' });
    expect(await ask('Ruled', 'Tell me of rivers.', {}, { 'x-groups': 'staff', 'groups': 'staff' })).toMatchObject({ route: 'default' });
    const staff = cloud.mintToken('user-a', { claims: { 'cognito:groups': ['staff'] } });
    expect(await ask('Ruled', 'Tell me of rivers.', {}, { authorization: `Bearer ${staff}` })).toMatchObject({ model: 'pro', route: 'rule:staff' });
  });

  test('OpenAI’s client lists the router and its models, and may name one', async () => {
    const client = new OpenAI({ baseURL: `${cloud.outputs.Routing.Ruled}v1`, apiKey: cloud.session.users['user-a'] });
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['auto', 'lite', 'pro']);
    const stream = await client.chat.completions.create({ model: 'pro', stream: true, messages: [{ role: 'user', content: 'Tell me of rivers.' }] });
    const names = new Set<string>();
    for await (const chunk of stream) names.add(chunk.model);
    expect([...names]).toEqual(['pro']);
    await expect(client.chat.completions.create({ model: 'gpt-9', messages: [{ role: 'user', content: 'Hi' }] })).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  test.each([['throttle', 'throttled'], ['throttle-in-stream', 'throttled'], ['unavailable', 'unavailable']] as const)(
    'under %s of the first model the second answers, streamed under its own name', async (kind, reason) => {
      cloud.faults.set({ kind, model: 'nova-lite' });
      const response = await send('Ruled', { stream: true, messages: [{ role: 'user', content: 'Tell me of rivers.' }], conversation_id: `fault-${kind}` });
      expect([response.headers.get(MODEL_HEADER), response.headers.get(ROUTE_HEADER)]).toEqual(['pro', `fallback:${reason}`]);
      const text = await response.text();
      expect(text).toContain('"model":"pro"');
      expect(text).not.toContain('"model":"lite"');
      expect(text).toContain('[DONE]');
      const kept = await fetch(`${cloud.outputs.Routing.Ruled}v1/conversations/fault-${kind}`, { headers: { authorization: `Bearer ${cloud.session.users['user-a']}` } });
      expect((await kept.json() as { messages: object[] }).messages.at(-1)).toMatchObject({ role: 'assistant', model: 'pro', route: `fallback:${reason}` });
      await cooledDown();
    });

  test('a throttled model is passed over until it has cooled down', async () => {
    cloud.faults.set({ kind: 'throttle', model: 'nova-lite', times: 1 });
    expect(await ask('Ruled', 'Tell me of rivers.')).toMatchObject({ model: 'pro', route: 'fallback:throttled' });
    // Who was refused knows it, and no other instance does: one may answer while that one ends its turn.
    expect(await until(() => ask('Ruled', 'Tell me of rivers.'), ({ route }) => route !== 'default', 1.5)).toMatchObject({ model: 'pro', route: 'fallback:cooling' });
    await cooledDown();
    expect(await ask('Ruled', 'Tell me of rivers.')).toMatchObject({ model: 'lite', route: 'default' });
  });

  test('a first word that is late is not waited for', async () => {
    cloud.faults.set({ kind: 'late', model: 'nova-lite', times: 1 });
    const begun = Date.now();
    expect(await ask('Ruled', 'Tell me of rivers.')).toMatchObject({ model: 'pro', route: 'fallback:late' });
    expect(Date.now() - begun).toBeLessThan(2_900);
  });

  test('a prompt that the first model’s window does not hold goes to the next', async () => {
    expect(await ask('Tight', 'Tell me of rivers.')).toMatchObject({ model: 'tight' });
    expect(await ask('Tight', `Tell me of ${'rivers and '.repeat(300)}seas.`)).toMatchObject({ model: 'lite', route: 'fallback:tooLong' });
  });

  test('an answer that has begun is not begun again by another model', async () => {
    cloud.faults.set({ kind: 'cut', model: 'nova-lite', times: 1 });
    const response = await send('Ruled', { stream: true, messages: [{ role: 'user', content: 'Tell me of rivers.' }] });
    const text = await response.text();
    expect(response.headers.get(MODEL_HEADER)).toBe('lite');
    expect(text).toContain('"error"');
    expect(text).not.toContain('[DONE]');
  });

  test('shares callers by weight, and keeps a conversation with its model', async () => {
    const models = await Promise.all(Array.from({ length: 12 }, async (_, id) => {
      const { model } = await ask('Split', 'Tell me of rivers.', { conversation_id: `split-${id}` });
      expect((await ask('Split', 'And of seas?', { conversation_id: `split-${id}` })).model).toBe(model);
      return model;
    }));
    expect([...new Set(models)].sort()).toEqual(['lite', 'pro']);
  });

  test('what readers think is counted for the model that answered', async () => {
    const { model } = await ask('Split', 'Tell me of rivers.', { conversation_id: 'rated' });
    const headers = { 'authorization': `Bearer ${cloud.session.users['user-a']}`, 'content-type': 'application/json' };
    const kept = await fetch(`${cloud.outputs.Routing.Split}v1/conversations/rated`, { headers });
    const { messages } = await kept.json() as { messages: { id: string }[] };
    const rated = await fetch(`${cloud.outputs.Routing.Split}v1/conversations/rated/messages/${messages.at(-1)!.id}/feedback`, {
      method: 'POST', headers, body: JSON.stringify({ rating: 'up' }),
    });
    expect(rated.status).toBe(200);
    const { line } = await cloud.waitForLog((logged) => logged.line.includes('"FeedbackUp":1'));
    expect(JSON.parse(line)).toMatchObject({ Model: model });
  });

  test('a classifier is asked where no rule fits, and what it takes is paid for', async () => {
    // The local model begins with the words that name it, whatever it is asked.
    const { model, route, cost } = await ask('Classified', 'Tell me of rivers.');
    expect([model, route]).toEqual(['pro', 'class:local']);
    const { line } = await cloud.waitForLog((logged) => logged.line.includes('_aws') && logged.line.includes('"Model":"tight"') && logged.line.includes('Classified'));
    const paid = JSON.parse(line) as { Cost: number };
    expect(paid.Cost).toBeGreaterThan(0);
    expect(cost).toBeGreaterThan(paid.Cost);
    cloud.faults.set({ kind: 'throttle', model: 'nova-micro' });
    expect(await ask('Classified', 'Tell me of rivers.')).toMatchObject({ model: 'lite', route: 'default:classifier-failed' });
  });

  test('a prompt router of Bedrock answers within what it and its models are granted, at the price of the one that it asked', async () => {
    const short = await ask('Bedrocks', 'Tell me of rivers.');
    const long = await ask('Bedrocks', `Tell me of rivers${' and of seas'.repeat(30)}.`);
    expect([short.model, short.route]).toEqual(['nova-router', null]);
    expect(short.cost).toBeGreaterThan(0);
    // Pro costs thirteen times as much as Lite, and the question is a few times as long.
    expect(long.cost).toBeGreaterThan(13 * short.cost);
  });

  test('metrics are counted for the chat, for each model and for each reason, as alarms and the dashboard read them', async () => {
    await cooledDown();
    cloud.faults.set({ kind: 'throttle', model: 'nova-lite', times: 1 });
    await ask('Ruled', 'Tell me of rivers.');
    await cloud.waitForLog(({ line }) => line.includes('_aws') && line.includes('"Fallbacks":1'));
    const said = embedded().flatMap((line) => line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => Dimensions.flatMap((names) => {
      const dimensions = Object.fromEntries(names.map((name) => [name, String(line[name])]));
      return Metrics.map(({ Name }) => ({ namespace: METRICS_NAMESPACE, name: Name, dimensions }));
    })));
    for (const watched of [alarmMetrics(template.json!), dashboardMetrics(template.json!)]) {
      const own = watched.filter(({ namespace }) => namespace === METRICS_NAMESPACE);
      expect(own.length).toBeGreaterThan(0);
      for (const metric of own) expect(said).toContainEqual(metric);
    }
    const turns = embedded().filter(({ Service, Turns }) => String(Service).includes('Ruled') && Turns === 1);
    for (const { Model: name, _aws } of turns) {
      expect(['lite', 'pro']).toContain(name);
      expect(_aws.CloudWatchMetrics[0].Dimensions).toEqual([['Service'], ['Service', 'Model']]);
    }
  });

  test('no role was denied, and every grant for a model was used', async () => {
    const { roles } = await cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    expect(roles.flatMap(({ unused }) => unused).filter(({ action }) => action.startsWith('bedrock:'))).toEqual([]);
  });
});
