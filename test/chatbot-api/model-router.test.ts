import { defineChat } from './define-chat';
import { type ChatbotApiProps, Geography, Model, ModelRouter, RequestTrait, Transport } from '../../lib';
import { dashboardMetrics, type Template as Json, widgets } from '../observability/watched-metrics';

const small = Model.foundation('amazon.nova-lite-v1:0', { name: 'small', capabilities: { contextTokens: 10_000, outputTokens: 1_000 } });
const large = Model.foundation('amazon.nova-pro-v1:0', { name: 'large' });
const routed = (props: ChatbotApiProps = {}) => defineChat({ model: new ModelRouter({ model: small, fallback: [large] }), ...props });

test('has only the ids of its models in the environment, for the rest lies in a file beside the handler', () => {
  routed().template().hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { MODEL: '', ROUTED_MODELS: '["amazon.nova-lite-v1:0","amazon.nova-pro-v1:0"]' } },
  });
});

test('is watched as a whole, and each model and reason by itself', () => {
  const { chat, template } = routed();
  expect(chat.metricTurns().dimensions).toEqual({ Service: expect.any(String) });
  expect([chat.metricHookFailures(), chat.metricQuotaRefusals()].map(({ dimensions }) => Object.keys(dimensions!))).toEqual([['Service'], ['Service']]);
  expect(chat.metricOfModel('large', 'Turns').dimensions).toEqual({ Service: expect.any(String), Model: 'large' });
  chat.addDashboard();
  const json = template().toJSON() as Json;
  expect(widgets(json).length).toBeGreaterThan(10);
  expect(dashboardMetrics(json)).toContainEqual(expect.objectContaining({ name: 'RoutingDecisions', dimensions: expect.objectContaining({ Route: 'default' }) }));
});

test('holds the answer and the history to the largest of its models, for the others are asked for less', () => {
  expect(() => routed({ generation: { maxTokens: 2_000 }, conversations: { historyTokens: 20_000 } })).not.toThrow();
  expect(() => routed({ generation: { maxTokens: 1_000_000 } })).toThrow(/'generation.maxTokens' must be at most \d+, the output limit of auto/);
});

test('refuses a system prompt that one of its models could not hold, and says which', () => {
  expect(() => routed({ systemPrompt: 'x'.repeat(50_000) })).toThrow(/'systemPrompt' must have between 0 and 40000 characters, what the window of small holds/);
});

test('has its grants in policies that IAM takes, however many models there are', () => {
  const models = ['amazon.nova-lite-v1:0', 'amazon.nova-pro-v1:0', 'amazon.nova-micro-v1:0', 'anthropic.claude-haiku-4-5-20251001-v1:0', 'anthropic.claude-opus-5-5',
    'meta.llama4-scout-17b-instruct-v1:0', 'meta.llama4-maverick-17b-instruct-v1:0', 'amazon.nova-2-lite-v1:0'].map((id) => Model.crossRegion(Geography.US, id));
  const rules = models.slice(1).map((model, index) => ({ name: `rule${index}`, when: [RequestTrait.tokensOver(1_000 * (index + 1))], use: model }));
  const { template } = routed({ model: new ModelRouter({ model: models[0], rules }), transport: Transport.webSocket() });
  const policies = Object.entries(template().findResources('AWS::IAM::ManagedPolicy')).map(([id, { Properties }]) => ({ id, characters: charactersOf(Properties.PolicyDocument) }));
  expect(policies.map(({ id }) => id)).toContainEqual(expect.stringMatching(/RolePermissions2/));
  expect(policies.filter(({ characters }) => characters > 6_144)).toEqual([]);
});

/** A policy as it arrives at IAM, where names that the deployment makes up are long. */
function charactersOf(value: unknown): number {
  const spelled = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    if ('Fn::GetAtt' in part) return 'x'.repeat(120);
    if ('Ref' in part) return 'x'.repeat(String(part.Ref).startsWith('AWS::') ? 12 : 60);
    return 'Fn::Join' in part ? (part['Fn::Join'] as [string, unknown[]])[1] : part;
  });
  return spelled.length;
}
