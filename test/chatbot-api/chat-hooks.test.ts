import { Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { defineChat } from './define-chat';
import { Buffering, ContainerExposure, HookFailureMode, Posture, SentenceTransform, Transport } from '../../lib';

const own = (stack: Stack, id = 'Hook') => new LambdaFunction(stack, id, {
  runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('exports.handler = async () => ({})'), functionName: id.toLowerCase(),
});

/** Everything that the handler may do with functions. */
function grants(template: ReturnType<ReturnType<typeof defineChat>['template']>) {
  const policies = Object.values(template.findResources('AWS::IAM::ManagedPolicy'));
  return policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement as { Action: string | string[]; Resource: unknown }[])
    .filter(({ Action }) => JSON.stringify(Action).includes('lambda:'));
}

function hooksOf(template: ReturnType<ReturnType<typeof defineChat>['template']>) {
  const [{ Properties }] = Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Answers chat requests' } }));
  return Properties.Environment.Variables.HOOKS as unknown;
}

test('may call the very functions that are hooked in, and nothing else of them', () => {
  const { template } = defineChat((stack) => ({ hooks: { before: { handler: own(stack, 'Before') }, after: { handler: own(stack, 'After').currentVersion } } }));
  const found = grants(template());
  expect(found.map(({ Action }) => Action)).toEqual(['lambda:InvokeFunction', 'lambda:InvokeFunction']);
  expect(JSON.stringify(found)).not.toContain('*');
});

test('waits five seconds for an answer and refuses without one, unless told otherwise', () => {
  const { template, stack } = defineChat((inner) => ({ hooks: { before: { handler: own(inner) } } }));
  expect(JSON.stringify(stack.resolve(hooksOf(template())))).toContain(',\\"timeoutMs\\":5000,\\"failure\\":\\"refuse\\",\\"trusted\\":false'.slice(1));
  const other = defineChat((inner) => ({
    hooks: { before: { handler: own(inner), timeout: Duration.seconds(2), failure: HookFailureMode.GO_ON, trusted: true }, after: { handler: own(inner, 'After'), wait: Duration.seconds(3) } },
  }));
  const said = JSON.stringify(hooksOf(other.template()));
  expect(said).toContain('\\"timeoutMs\\":2000,\\"failure\\":\\"goOn\\",\\"trusted\\":true');
  expect(said).toContain('\\"timeoutMs\\":3000');
});

test('calls no function and holds no grant without hooks', () => {
  const template = defineChat().template();
  expect(grants(template)).toEqual([]);
  expect(hooksOf(template)).toBe('');
});

test('reaches functions from a private network', () => {
  const { template } = defineChat((stack) => ({ posture: Posture.regulated(), hooks: { after: { handler: own(stack) } } }));
  const services = Object.values(template().findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => JSON.stringify(Properties.ServiceName));
  expect(services.some((name) => name.includes('.lambda'))).toBe(true);
});

test('refuses what is no function, and a wait that is too long', () => {
  expect(() => defineChat({ hooks: { before: { handler: 'arn:aws:lambda:us-east-1:1:function:f' as never } } })).toThrow("'hooks.before.handler' must be made by Function");
  expect(() => defineChat({ hooks: { after: {} as never } })).toThrow("'hooks.after.handler' must be given, as in { handler: fn }");
  expect(() => defineChat((stack) => ({ hooks: { before: { handler: own(stack), timeout: Duration.minutes(1) } } })))
    .toThrow("'hooks.before.timeout' must be between 1 second and 30 seconds, got 1 minute");
});

test('replaces in answers what matches, and calls nothing for it', () => {
  const template = defineChat({ hooks: { sentences: SentenceTransform.replace([{ pattern: 'C-[0-9]{8}' }, { pattern: 'x', replacement: '', ignoreCase: true }]) } }).template();
  expect(JSON.parse(hooksOf(template) as string)).toEqual({
    sentences: { replacements: [{ pattern: 'C-[0-9]{8}', replacement: '***', ignoreCase: false }, { pattern: 'x', replacement: '', ignoreCase: true }], holdMs: 5_000 },
  });
  expect(grants(template)).toEqual([]);
});

test('asks a function about sentences, and may call it', () => {
  const options = { hold: Duration.seconds(1), failure: HookFailureMode.GO_ON };
  const { template } = defineChat((stack) => ({ hooks: { sentences: SentenceTransform.lambda(own(stack), options) } }));
  expect(JSON.stringify(hooksOf(template()))).toContain('\\"timeoutMs\\":3000,\\"failure\\":\\"goOn\\",\\"holdMs\\":1000');
  expect(grants(template())).toHaveLength(1);
});

test('streams by sentences on request', () => {
  const generation = (template: ReturnType<ReturnType<typeof defineChat>['template']>) => {
    const [{ Properties }] = Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Answers chat requests' } }));
    return JSON.parse(Properties.Environment.Variables.GENERATION as string) as object;
  };
  expect(generation(defineChat({ generation: { buffering: Buffering.sentence() } }).template())).toMatchObject({ sentences: { holdMs: 2_000 } });
  expect(generation(defineChat({ generation: { buffering: Buffering.token() } }).template())).not.toHaveProperty('sentences');
});

test.each<[string, () => unknown]>([
  ["'hooks.sentences.pattern' must be a regular expression, got '('", () => SentenceTransform.replace([{ pattern: '(' }])],
  ["'hooks.sentences.pattern' must match at least one character, got 'a*'", () => SentenceTransform.replace([{ pattern: 'a*' }])],
  ["'hooks.sentences' must have an entry", () => SentenceTransform.replace([])],
  ["'hooks.sentences' must be made by SentenceTransform", () => ({ pattern: 'a' })],
  ["'hooks.sentences.hold' must be between 100 milliseconds and 30 seconds, got 1 minute", () => SentenceTransform.replace([{ pattern: 'a' }], { hold: Duration.minutes(1) })],
])('refuses a transform: %s', (message, sentences) => {
  expect(() => defineChat({ hooks: { sentences: sentences() as SentenceTransform } })).toThrow(message);
});

test('refuses a buffering that holds a sentence for too long', () => {
  expect(() => defineChat({ generation: { buffering: Buffering.sentence({ hold: Duration.millis(1) }) } })).toThrow("'generation.buffering' must hold a sentence between");
});

describe('replacements of many characters', () => {
  const hooks = { sentences: SentenceTransform.replace(Array.from({ length: 20 }, (_, index) => ({ pattern: `${'x'.repeat(300)}${index}` }))) };

  test('are refused where the environment of the function has no room for them', () => {
    expect(() => defineChat({ hooks })).toThrow(
      /the environment of the function must have at most 4096 bytes.* got about \d+, of which HOOKS takes \d+: give fewer or shorter entries of what HOOKS is made of/,
    );
  });

  test('are taken in a container, which has room', () => {
    expect(() => defineChat({ hooks, transport: Transport.container({ exposure: ContainerExposure.internalHttp() }) })).not.toThrow();
  });
});
