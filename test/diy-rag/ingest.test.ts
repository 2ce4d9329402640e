import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ApiAuth, MetadataField } from '../../lib';
import { CHANGE_ATTEMPTS, JOB_ATTEMPTS } from '../../lib/contract/document-sync';
import { DiyRag } from '../../lib/diy-rag';

const stack = new Stack(new App(), 'Stack');
const rag = new DiyRag(stack, 'Rag', { auth: ApiAuth.newUserPool({ customAttributes: ['tenant'] }), retrieval: { fields: [MetadataField.text('owner')], tenant: { field: 'owner', claim: 'custom:tenant' } } });
const { alarms } = rag.addAlarms();
const template = Template.fromStack(stack);
const queueId = (name: string) => Object.keys(template.findResources('AWS::SQS::Queue')).find((id) => id.replace(/[0-9A-F]{8}$/, '').endsWith(name))!;

test('changes wait in a line for each document, jobs in another, and what fails too often where it can be sent back from', () => {
  const queue = (name: string) => ({ 'Fn::GetAtt': [queueId(name), 'Arn'] });
  template.hasResourceProperties('AWS::SQS::Queue', {
    FifoQueue: true,
    // Lines come on beside each other as fast as files are put up.
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    RedrivePolicy: { maxReceiveCount: CHANGE_ATTEMPTS, deadLetterTargetArn: queue('QueuesLostChanges') },
  });
  template.hasResourceProperties('AWS::SQS::Queue', { FifoQueue: Match.absent(), RedrivePolicy: { maxReceiveCount: JOB_ATTEMPTS, deadLetterTargetArn: queue('QueuesLost') } });
});

test('of a batch that failed in part only what failed comes back', () => {
  const mappings = Object.values(template.findResources('AWS::Lambda::EventSourceMapping')).map(({ Properties }) => [Properties.EventSourceArn['Fn::GetAtt'][0], Properties.FunctionResponseTypes]);
  expect(mappings).toHaveLength(2);
  expect(mappings).toEqual(expect.arrayContaining(['QueuesChanges', 'QueuesJobs'].map((name) => [queueId(name), ['ReportBatchItemFailures']])));
});

test('what is made, overwritten or deleted in the bucket is told, and all is looked through once a day', () => {
  template.hasResourceProperties('AWS::Events::Rule', { EventPattern: Match.objectLike({ 'source': ['aws.s3'], 'detail-type': Match.arrayWith(['Object Created', 'Object Deleted']) }) });
  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: 'rate(1 day)', Target: Match.objectLike({ Arn: { 'Fn::GetAtt': [queueId('QueuesJobs'), 'Arn'] }, Input: '{"sync":"all"}' }),
  });
});

test('the first passage of another tenant rings, and so does what was given up', () => {
  expect(Object.keys(alarms)).toEqual(expect.arrayContaining(['ForeignPassages']));
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'ForeignPassages', Namespace: 'GenAIPatterns', Statistic: 'Sum', Threshold: 0, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1,
  });
  const [deadLetters] = Object.values(template.findResources('AWS::CloudWatch::Alarm')).filter(({ Properties }) => Properties.AlarmDescription.startsWith('A change, a request to sync'));
  expect(deadLetters.Properties.Threshold).toBe(0);
  for (const name of ['QueuesLost', 'QueuesLostChanges']) expect(JSON.stringify(deadLetters.Properties.Metrics)).toContain(queueId(name));
});
