import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { emittedMetrics } from './emitted-metrics';
import { userMessage } from './run-example';
import { ChatbotApi, Model, ModelRouter } from '../../lib';
import { type LocalCloud, startCloud } from '../../local/cloud';
import { dashboardMetrics, type Template as Json } from '../observability/watched-metrics';

describe('what is counted by group', () => {
  const assembly = mkdtempSync(join(tmpdir(), 'groups-'));
  let cloud: LocalCloud;
  let template: Json;
  let chat: ChatbotApi;

  beforeAll(async () => {
    const app = new App({ outdir: assembly });
    const stack = new Stack(app, 'Groups');
    chat = new ChatbotApi(stack, 'Chat', {
      model: new ModelRouter({ model: Model.standard(), fallback: [Model.foundation('amazon.nova-lite-v1:0')] }),
      quotas: { groups: [{ name: 'trial', member: [{ window: Duration.days(31), requests: 1 }] }] },
    });
    chat.addGroupMetrics(['premium', 'trial']);
    chat.addDashboard();
    new CfnOutput(stack, 'Url', { value: chat.url });
    template = app.synth().getStackByName('Groups').template as Json;
    cloud = await startCloud({ assembly });
  }, 90_000);

  afterAll(async () => {
    await cloud?.stop();
    rmSync(assembly, { recursive: true, force: true });
  });

  const ask = async (user: string, groups: string[]) => {
    const authorization = `Bearer ${cloud.mintToken(user, { claims: { 'cognito:groups': groups } })}`;
    const headers = { authorization, 'content-type': 'application/json', 'x-premium': 'premium' };
    const response = await fetch(`${cloud.outputs.Groups.Url}v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify({ ...userMessage('hello'), user: 'premium' }) });
    const requestId = response.headers.get('x-request-id')!;
    await response.text();
    await cloud.waitForLog(({ kind, line }) => kind === 'stdout' && line.includes(requestId) && line.includes('"request"'));
    return response.status;
  };
  const sum = ({ metricName, dimensions }: Metric) => emittedMetrics(cloud)
    .filter((metric) => metric.name === metricName && Object.keys(metric.dimensions).length === Object.keys(dimensions!).length)
    .filter((metric) => Object.entries(dimensions!).every(([name, value]) => metric.dimensions[name] === value))
    .reduce((total, { value }) => total + value, 0);

  test('is each turn for one group, by verified claims alone, and nothing twice', async () => {
    expect(await ask('user-a', ['staff', 'trial', 'premium'])).toBe(200);
    expect(await ask('user-b', ['trial'])).toBe(200);
    expect(await ask('user-c', ['staff'])).toBe(200);
    expect(await ask('user-d', [])).toBe(200);
    const groups = ['premium', 'trial', 'other'];
    expect(groups.map((group) => sum(chat.metricOfGroup(group, 'Turns')))).toEqual([1, 1, 2]);
    expect(sum(chat.metricTurns())).toBe(4);
    for (const metric of ['InputTokens', 'OutputTokens', 'Cost']) {
      const whole = sum(chat.metric(metric));
      expect(whole).toBeGreaterThan(0);
      expect(groups.map((group) => sum(chat.metricOfGroup(group, metric))).reduce((total, part) => total + part)).toBeCloseTo(whole, 10);
    }
    expect(new Set(emittedMetrics(cloud).flatMap(({ dimensions: { Group } }) => Group ?? []))).toEqual(new Set(groups));
  });

  test('is what the dashboard draws, to the last dimension', () => {
    const drawn = dashboardMetrics(template).filter(({ dimensions }) => 'Group' in dimensions);
    expect(drawn.length).toBeGreaterThan(0);
    const said = emittedMetrics(cloud).map(({ value: _, ...metric }) => metric);
    for (const metric of drawn) expect(said).toContainEqual(metric);
  });

  test('a refusal for a quota is where its metric looks, with a router too', async () => {
    expect(await ask('user-b', ['trial'])).toBe(429);
    expect(sum(chat.metricQuotaRefusals())).toBe(1);
    expect(sum(chat.metricOfGroup('trial', 'Errors'))).toBe(0);
  });
});
