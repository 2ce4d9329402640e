import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { emittedMetrics, linesOf } from './emitted-metrics';
import { runExample, userMessage } from './run-example';
import { addExamples } from '../../examples/app';
import { METRICS_NAMESPACE, TRACE_HEADER } from '../../lib/contract/api';
import { alarmMetrics, dashboardMetrics, type Template as Json, widgets } from '../observability/watched-metrics';

const example = runExample('chatbot-api');

/** What is deployed, as its template says it. */
function template(): Json {
  const app = new App();
  addExamples(app, 'chatbot-api');
  return Template.fromStack(app.node.findAll().find((construct): construct is Stack => Stack.isStack(construct))!).toJSON() as Json;
}

const lines = () => linesOf(example.cloud);

describe('what alarms and the dashboard look at', () => {
  test('is what the deployed handler says, to the last dimension', async () => {
    await example.chat(userMessage('hello'));
    await example.cloud.waitForLog(({ line }) => line.includes('CloudWatchMetrics'));
    const said = emittedMetrics(example.cloud).map(({ value: _, ...metric }) => metric);
    for (const watched of [alarmMetrics(template()), dashboardMetrics(template())]) {
      const own = watched.filter(({ namespace }) => namespace === METRICS_NAMESPACE);
      expect(own.length).toBeGreaterThan(0);
      for (const metric of own) expect(said).toContainEqual(metric);
    }
  });

  test('lists failed requests by fields that their lines in the log have', async () => {
    example.cloud.faults.set({ kind: 'cut', times: 1 });
    const response = await example.chat(userMessage('Tell me of rivers.'));
    expect(response.status).toBeGreaterThanOrEqual(500);
    await example.cloud.waitForLog(({ line }) => line.includes('"errorCode"'));
    const query = widgets(template()).find(({ type }) => type === 'log')!.properties.query!;
    const fields = /fields ([^\n]+)/.exec(query)![1].split(', ').filter((field) => field !== '@timestamp');
    const failed = lines().find(({ errorCode }) => errorCode !== undefined)!;
    expect(Object.keys(failed)).toEqual(expect.arrayContaining(fields));
  });
});

describe('a request can be followed', () => {
  test.each([true, false])('from its answer to the log, the access log and X-Ray by one id (streamed: %s)', async (stream) => {
    const response = await example.chat({ ...userMessage('hello'), stream });
    await response.text();
    const trace = response.headers.get(TRACE_HEADER);
    expect(trace).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    const requestId = response.headers.get('x-request-id');
    await example.cloud.waitForLog(({ kind, line }) => kind === 'access' && line.includes(requestId!));
    await example.cloud.waitForLog(({ kind, line }) => kind === 'stdout' && line.includes(requestId!));
    const own = lines().filter((line) => line.requestId === requestId);
    expect(own).toContainEqual(expect.objectContaining({ message: 'request', xray_trace_id: trace }));
    expect(own).toContainEqual(expect.objectContaining({ route: '/v1/chat/completions', traceId: trace }));
  });

  test('also when API Gateway refuses it', async () => {
    const response = await fetch(`${example.baseUrl}/models`, { headers: { authorization: 'Bearer nonsense' } });
    expect(response.status).toBe(401);
    const trace = response.headers.get(TRACE_HEADER)!;
    const { line } = await example.cloud.waitForLog((logged) => logged.kind === 'access' && logged.line.includes(trace));
    expect(JSON.parse(line)).toMatchObject({ requestId: response.headers.get('x-request-id'), status: '401' });
  });
});

test('the local cloud says that it rings no alarm', () => {
  expect([...example.cloud.leftOut.keys()]).toEqual(expect.arrayContaining(['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::SNS::Topic']));
});
