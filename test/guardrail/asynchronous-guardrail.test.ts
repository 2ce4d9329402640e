import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ChatbotApi, ContentFilter, FilterAction, Guardrail, type IGuardrail, PiiEntity, SensitiveInformation } from '../../lib';

const attributes = { guardrailArn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdef123456', guardrailVersion: '3' };

function chat(guardrail: (stack: Stack) => IGuardrail) {
  const stack = new Stack(new App(), 'Test');
  new ChatbotApi(stack, 'Chat', { guardrail: guardrail(stack) });
  const [{ Properties }] = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function', { Properties: { Description: 'Answers chat requests' } }));
  return JSON.stringify(Properties.Environment.Variables.GUARDRAIL);
}

test('a guardrail checks words before anybody reads them, unless it is made asynchronous', () => {
  expect(chat((stack) => new Guardrail(stack, 'Guardrail'))).not.toContain('asynchronous');
  expect(chat((stack) => Guardrail.asynchronous(new Guardrail(stack, 'Guardrail', { contentFilters: [ContentFilter.hate()] })))).toContain('asynchronous');
});

test.each([undefined, FilterAction.BLOCK])('refuses an asynchronous guardrail that masks (prompts: %s)', (inputAction) => {
  const sensitiveInformation = [SensitiveInformation.pii(PiiEntity.EMAIL, { inputAction })];
  expect(() => chat((stack) => Guardrail.asynchronous(new Guardrail(stack, 'Guardrail', { sensitiveInformation })))).toThrow('must not mask sensitive information to be asynchronous');
});

test('takes an asynchronous guardrail that blocks sensitive information', () => {
  const sensitiveInformation = [SensitiveInformation.pii(PiiEntity.EMAIL, { inputAction: FilterAction.BLOCK, outputAction: FilterAction.BLOCK })];
  expect(chat((stack) => Guardrail.asynchronous(new Guardrail(stack, 'Guardrail', { sensitiveInformation })))).toContain('asynchronous');
});

test('refuses an imported guardrail of which nobody says whether it masks', () => {
  const imported = (masksSensitiveInformation?: boolean) => chat((stack) => Guardrail.asynchronous(Guardrail.fromAttributes(stack, 'Guardrail', { ...attributes, masksSensitiveInformation })));
  expect(() => imported()).toThrow("'masksSensitiveInformation' must be false");
  expect(() => imported(true)).toThrow('must not mask sensitive information');
  expect(imported(false)).toContain('asynchronous');
});
