import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Geography, Guardrail, type GuardrailAttributes, type GuardrailProps, type IGuardrail } from '../../lib';
import { bind } from '../model/bound-role';

const bound = (make: (stack: Stack) => IGuardrail) => bind((stack, role) => make(stack).bind(stack, role));
const own = (props?: GuardrailProps) => bound((stack) => new Guardrail(stack, 'Guardrail', props));
const ARN = 'arn:aws:bedrock:eu-central-1:444455556666:guardrail/abcdef123456';
const foreign = (attributes: Partial<GuardrailAttributes> = {}) =>
  bound((stack) => Guardrail.fromAttributes(stack, 'Guardrail', { guardrailArn: ARN, guardrailVersion: '3', ...attributes }));

describe('A guardrail', () => {
  test('is applied by its ARN and nothing else', () => {
    expect(own().statements).toEqual([{ Action: 'bedrock:ApplyGuardrail', Resource: '${Guardrail91D61981.GuardrailArn}' }]);
  });

  test('across Regions is applied with its profile wherever that leads', () => {
    expect(own({ crossRegion: Geography.US }).statements).toEqual([{
      Action: 'bedrock:ApplyGuardrail',
      Resource: ['${Guardrail91D61981.GuardrailArn}', 'arn:${AWS::Partition}:bedrock:*:${AWS::AccountId}:guardrail-profile/us.guardrail.v1:0'],
    }]);
  });

  test('with rules is applied with them', () => {
    const policyArns = ['arn:aws:bedrock:us-east-1:111122223333:automated-reasoning-policy/abcdefghijkl:1'];
    expect(own({ automatedReasoning: { policyArns } }).statements[1]).toEqual({ Action: 'bedrock:InvokeAutomatedReasoningPolicy', Resource: policyArns[0] });
  });

  test('under a key is applied with leave to decrypt', () => {
    const { statements } = bound((stack) => new Guardrail(stack, 'Guardrail', { encryptionKey: new kms.Key(stack, 'Key') }));
    expect(statements[1]).toEqual({ Action: 'kms:Decrypt', Resource: '${Key961B73FD.Arn}' });
  });

  test('is bound by its id and its version', () => {
    expect(own().binding).toEqual({
      guardrailId: '${Guardrail91D61981.GuardrailId}',
      guardrailVersion: expect.stringMatching(/^\$\{GuardrailVersion[0-9a-f]{16}[0-9A-F]{8}\.Version\}$/),
    });
  });
});

describe('A guardrail that was made elsewhere', () => {
  test('is bound by its ARN, for it may belong to another account', () => {
    const { binding, statements } = foreign();
    expect(binding).toEqual({ guardrailId: ARN, guardrailVersion: '3' });
    expect(statements).toEqual([{ Action: 'bedrock:ApplyGuardrail', Resource: ARN }]);
  });

  test('knows its id', () => {
    const { binding } = bind((stack) => Guardrail.fromAttributes(stack, 'Guardrail', { guardrailArn: ARN, guardrailVersion: 'DRAFT' }).guardrailId);
    expect(binding).toBe('abcdef123456');
  });

  test('is applied with its key and its profile', () => {
    const { statements } = bound((stack) => Guardrail.fromAttributes(stack, 'Guardrail', {
      guardrailArn: ARN, guardrailVersion: '3', encryptionKey: new kms.Key(stack, 'Key'), guardrailProfileId: 'eu.guardrail.v1:0',
    }));
    expect(statements.map(({ Resource }) => Resource)).toEqual([
      [ARN, 'arn:${AWS::Partition}:bedrock:*:${AWS::AccountId}:guardrail-profile/eu.guardrail.v1:0'],
      '${Key961B73FD.Arn}',
    ]);
  });

  test.each<[string, Partial<GuardrailAttributes>, string]>([
    ['an id for an ARN', { guardrailArn: 'abcdef123456' }, "'guardrailArn' must be the ARN of a guardrail, without a version, got 'abcdef123456'"],
    ['an ARN with a version', { guardrailArn: `${ARN}:3` }, "'guardrailArn' must be the ARN of a guardrail, without a version"],
    ['version nought', { guardrailVersion: '0' }, "'guardrailVersion' must be a number or 'DRAFT', got '0'"],
    ['the newest version', { guardrailVersion: 'LATEST' }, "'guardrailVersion' must be a number or 'DRAFT', got 'LATEST'"],
  ])('refuses %s', (_, attributes, message) => {
    expect(() => foreign(attributes)).toThrow(message);
  });

  describe('in a stack whose Region is known', () => {
    const inRegion = (region: string) => () => {
      const stack = new Stack(new App(), 'Stack', { env: { region } });
      const caller = new iam.Role(stack, 'Caller', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
      return Guardrail.fromAttributes(stack, 'Guardrail', { guardrailArn: ARN, guardrailVersion: '3' }).bind(stack, caller);
    };

    test('is applied where it is', () => {
      expect(inRegion('eu-central-1')()).toEqual({ guardrailId: ARN, guardrailVersion: '3' });
    });

    test('refuses to be applied elsewhere', () => {
      expect(inRegion('us-east-1')).toThrow(`Stack: 'guardrailArn' must name a guardrail in us-east-1, as the stack is, because Bedrock applies no guardrail of another Region, got '${ARN}'`);
    });
  });
});
