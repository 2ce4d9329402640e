import { App, Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { defineChat } from './define-chat';
import { COMBINED } from '../compliance/everything';

const names = (count: number) => Array.from({ length: count }, (_, place) => `${'group-'.repeat(8)}${place}`);
const limits = [{ window: Duration.minutes(1), requests: 10 }, { window: Duration.days(1), tokens: 1_000_000 }];
const groups = (count: number) => names(count).map((name) => ({ name, member: limits, together: limits }));

/** What Lambda counts, with names as long as CloudFormation makes them in a stack whose own name is long. */
function bytesOf(environment: Record<string, unknown>): number {
  const spelled = (value: unknown): string => {
    if (typeof value === 'string') return value;
    const [[intrinsic, argument]] = Object.entries(value as Record<string, unknown>);
    if (intrinsic === 'Fn::Join') return (argument as [string, unknown[]])[1].map(spelled).join('');
    return 'x'.repeat(JSON.stringify(argument).includes('Arn') ? 140 : 80);
  };
  return Object.entries(environment).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + spelled(value)), 0);
}

test.each(COMBINED.filter(({ name }) => /standard.*webSocket|functionUrl|regulated.*(elastiCache|agentCore)/.test(name)))('Lambda has room for $name', ({ define }) => {
  const [{ Properties }] = Object.values(Template.fromStack(define(new App())).findResources('AWS::Lambda::Function', { Properties: { Description: 'Answers chat requests' } }));
  const bytes = bytesOf(Properties.Environment.Variables as Record<string, unknown>);
  expect(bytes).toBeLessThan(4_096);
  // It is everything: a chat that sets nothing takes less than half.
  const [bare] = Object.values(defineChat().template().findResources('AWS::Lambda::Function'));
  expect(bytes).toBeGreaterThan(2 * bytesOf(bare.Properties.Environment.Variables as Record<string, unknown>));
});

test('refuses more limits than Lambda has room for, and names their variable', () => {
  expect(() => defineChat({ quotas: { groups: groups(20) } })).toThrow(/^Test\/Chat\/Handler: the environment of the function must have at most 4096 bytes.* of which QUOTAS takes \d{4}/);
});

test('refuses groups that are named later and have no room beside the rest', () => {
  const { chat, template } = defineChat({ quotas: { groups: groups(12) } });
  chat.addGroupMetrics(names(10).map((name) => name.padEnd(100, '.')));
  expect(template).toThrow(/Test\/Chat\/Handler\] the environment of the function must have at most 4096 bytes, .* of which QUOTAS takes/);
});
