import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AlarmSet, type AlarmSetProps } from '../../lib/observability/alarm-set';

const rule = { metric: new Metric({ namespace: 'Test', metricName: 'Failures' }), periods: 2, means: 'It fails.', next: 'mend it.' };

function define(props: (stack: Stack) => Partial<AlarmSetProps> = () => ({})) {
  const stack = new Stack(new App(), 'Test');
  const set = new AlarmSet(stack, 'Alarms', { rules: { Failures: { ...rule, above: 1 } }, ...props(stack) });
  return { set, template: Template.fromStack(stack) };
}

test('an alarm says what it means and what to do next, and tells of its end too', () => {
  const topic = { Ref: Match.stringLikeRegexp('AlarmsTopic') };
  define().template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmDescription: 'It fails. Next: mend it.', AlarmActions: [topic], OKActions: [topic] });
});

test('silence is no alarm', () => {
  define().template.allResourcesProperties('AWS::CloudWatch::Alarm', { TreatMissingData: 'notBreaching' });
});

test('a band is what is usual, as CloudWatch learns it, and only what is above it rings', () => {
  define(() => ({ rules: { Unusual: { ...rule, deviations: 3 } } })).template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    ComparisonOperator: 'GreaterThanUpperThreshold',
    ThresholdMetricId: 'expr_1',
    Metrics: Match.arrayWith([Match.objectLike({ Id: 'expr_1', Expression: 'ANOMALY_DETECTION_BAND(m0, 3)' })]),
  });
});

test('alarms are found by their names', () => {
  expect(Object.keys(define().set.alarms)).toEqual(['Failures']);
});

describe('the topic', () => {
  test('takes messages of this account\'s alarms, over TLS only', () => {
    define().template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } }, ArnLike: Match.anyValue() },
          }),
        ],
      },
    });
  });

  test('is encrypted with the key that is given, which lets CloudWatch use it once, however many topics there are', () => {
    const stack = new Stack(new App(), 'Test');
    const encryptionKey = new Key(stack, 'Key');
    for (const id of ['First', 'Second']) new AlarmSet(stack, id, { rules: {}, encryptionKey });
    const template = Template.fromStack(stack);
    template.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] } });
    const [key] = Object.values(template.findResources('AWS::KMS::Key'));
    const opened = key.Properties.KeyPolicy.Statement.filter(({ Principal }: { Principal: { Service?: string } }) => Principal.Service === 'cloudwatch.amazonaws.com');
    expect(opened).toEqual([expect.objectContaining({ Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] })]);
  });

  test('is yours when you give one', () => {
    const { template } = define((stack) => ({ topic: Topic.fromTopicArn(stack, 'Mine', 'arn:aws:sns:us-east-1:111122223333:on-call') }));
    template.resourceCountIs('AWS::SNS::Topic', 0);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmActions: ['arn:aws:sns:us-east-1:111122223333:on-call'] });
  });
});
