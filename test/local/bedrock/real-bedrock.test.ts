import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { asks, eventsOf, LocalBedrock, startLocalBedrock, textIn } from './local-bedrock';
import { Answerer } from '../../../local/bedrock/converse';
import { Faults } from '../../../local/bedrock/faults';
import { guardrailFromTemplate } from '../../../local/bedrock/guardrail-template';
import { RealBedrock } from '../../../local/bedrock/real-bedrock';

const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';

// The far side stands for Bedrock itself: a second endpoint, reached through a second SDK client.
const faults = new Faults();
let far: LocalBedrock;
let near: LocalBedrock;
beforeAll(async () => {
  far = await startLocalBedrock({ faults });
  near = await startLocalBedrock({
    answerer: new RealBedrock({ endpoint: far.url, region: 'us-east-1', credentials: { accessKeyId: 'LOCALCHAT', secretAccessKey: 'x' } }),
    applicationProfiles: new Map([[PROFILE, 'us.acme.m']]),
    guardrails: new Map([['gr1', guardrailFromTemplate({ BlockedInputMessaging: 'No.', BlockedOutputsMessaging: 'No.' })]]),
  });
});
afterAll(async () => {
  await near.stop();
  await far.stop();
});
afterEach(() => faults.set({ kind: 'none' }));

test('streams the answer through unchanged', async () => {
  const command = () => new ConverseStreamCommand(asks('Hello'));
  const [direct, through] = [await eventsOf(await far.client.send(command())), await eventsOf(await near.client.send(command()))];
  expect(through.slice(0, -1)).toEqual(direct.slice(0, -1));
  expect(through.at(-1)?.metadata?.usage).toEqual(direct.at(-1)?.metadata?.usage);
});

test('answers whole what was asked whole, tools included', async () => {
  const toolConfig = { tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } } }] };
  const command = () => new ConverseCommand({ ...asks('weather in Oslo'), toolConfig });
  const [direct, through] = [await far.client.send(command()), await near.client.send(command())];
  expect(through.output).toEqual(direct.output);
  expect(through.stopReason).toBe('tool_use');
});

test('passes bytes on as bytes', async () => {
  const messages = [{ role: 'user' as const, content: [{ text: 'Look' }, { image: { format: 'png' as const, source: { bytes: new Uint8Array([1, 2, 3]) } } }] }];
  await expect(near.client.send(new ConverseCommand({ ...asks(''), messages }))).resolves.toMatchObject({ stopReason: 'end_turn' });
});

test('replaces an application profile of the local account by what it copies, and keeps the local guardrail to itself', async () => {
  const guardrailConfig = { guardrailIdentifier: 'gr1', guardrailVersion: '1' };
  const events = await eventsOf(await near.client.send(new ConverseStreamCommand({ ...asks('Hello'), modelId: PROFILE, guardrailConfig })));
  expect(textIn(events)).toContain('You said: Hello');
});

test('passes refusals on with their names', async () => {
  await expect(near.client.send(new ConverseCommand({ ...asks('x'), messages: [{ role: 'assistant', content: [{ text: 'x' }] }] }))).rejects.toMatchObject({ name: 'ValidationException' });
  faults.set({ kind: 'throttle' });
  await expect(near.client.send(new ConverseStreamCommand(asks('Hello')))).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } });
});

test('passes an error in the stream on as one', async () => {
  faults.set({ kind: 'error' });
  const reading = async () => eventsOf(await near.client.send(new ConverseStreamCommand(asks('Hello'))));
  await expect(reading()).rejects.toMatchObject({ name: 'ModelStreamErrorException' });
});

test('says in the terminal that Bedrock cannot be reached', async () => {
  const answerer: Answerer = new RealBedrock({ endpoint: 'http://127.0.0.1:1', region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  const lost = await startLocalBedrock({ answerer });
  await expect(lost.client.send(new ConverseCommand(asks('Hello')))).rejects.toMatchObject({ name: 'ServiceUnavailableException' });
  expect(lost.notices).toEqual([expect.stringContaining('Bedrock could not be reached')]);
  await lost.stop();
});
