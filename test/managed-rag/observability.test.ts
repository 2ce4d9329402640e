import { Duration } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { defineRag } from './define-rag';
import { SyncPolicy } from '../../lib';

const watched = defineRag();
watched.rag.addDashboard();
const alarms = watched.rag.addAlarms();

const described = (template: Template) => Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties.AlarmDescription as string);

describe('alarms', () => {
  test('ring for what users feel, for documents, and for what was given up', () => {
    expect(Object.keys(alarms.alarms)).toEqual(['ErrorRate', 'ApiErrors', 'TimeToFirstToken', 'FailedDocuments', 'FailedJobs', 'StaleSync', 'DeadLetters']);
  });

  test('say what they mean and what to do next', () => {
    for (const description of described(watched.template())) expect(description).toMatch(/^[A-Z].+\. Next: .+\.$/);
  });

  test('ring for a document that cannot be read, even where the job says that it is complete', () => {
    watched.template().hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'DocumentsFailed', Threshold: 0, ComparisonOperator: 'GreaterThanThreshold', Dimensions: [{ Name: 'Service', Value: Match.stringLikeRegexp('^Test-Rag') }],
    });
  });

  test('ring when a change has waited for an hour, or as long as you say', () => {
    watched.template().hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 3600 });
    const { rag, template } = defineRag();
    rag.addAlarms({ staleness: Duration.minutes(10), failedDocuments: 5 });
    template().hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 600 });
    template().hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'DocumentsFailed', Threshold: 5 });
  });

  test('ring for passages of another tenant where there are tenants, and for nothing found where you ask', () => {
    const { rag } = defineRag({ retrieval: { tenant: { field: 'tenant', claim: 'email' } } });
    expect(Object.keys(rag.addAlarms({ emptyRetrievals: 50 }).alarms)).toEqual(expect.arrayContaining(['ForeignPassages', 'EmptyRetrievals']));
  });

  test('watch no changes where none are followed', () => {
    expect(Object.keys(defineRag({ sync: SyncPolicy.manual() }).rag.addAlarms().alarms)).not.toContain('StaleSync');
  });

  test('are sent by a topic that is encrypted with the key', () => {
    const { rag, template } = defineRag((stack) => ({ encryptionKey: new Key(stack, 'Key') }));
    rag.addAlarms();
    template().hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
  });

  test.each<[string, Parameters<typeof watched.rag.addAlarms>[0], string]>([
    ['an error rate of all', { errorRate: 100 }, "'errorRate' must be between 0 and 99, got 100"],
    ['half a document', { failedDocuments: 0.5 }, "'failedDocuments' must be a whole number between 0 and 1000000, got 0.5"],
    ['a staleness of seconds', { staleness: Duration.seconds(5) }, "'staleness' must be between 5 minutes and 14 days, got 5 seconds"],
    ['a share above all', { emptyRetrievals: 200 }, "'emptyRetrievals' must be between 0 and 99, got 200"],
  ])('refuse %s', (_, options, message) => {
    expect(() => defineRag().rag.addAlarms(options)).toThrow(message);
  });
});

test('the dashboard shows questions, what is found, what is read and what carries it', () => {
  const [dashboard] = Object.values(watched.template().findResources('AWS::CloudWatch::Dashboard'));
  const body = JSON.stringify(dashboard.Properties.DashboardBody);
  for (const title of ['Questions', 'Retrievals', 'Score of the best passage', 'Documents', 'From a change until it is found', 'API', 'Alarms', 'Requests that failed last']) {
    expect(body).toContain(title);
  }
});

test('metrics of answers are by model, those of documents are not', () => {
  expect(Object.keys(watched.rag.metricAnswers().dimensions ?? {})).toEqual(['Service', 'Model']);
  for (const metric of [watched.rag.metricRetrievals(), watched.rag.metricDocumentsIndexed(), watched.rag.metricSyncLag()]) {
    expect(Object.keys(metric.dimensions ?? {})).toEqual(['Service']);
  }
  expect(watched.rag.metricSyncLag()).toMatchObject({ metricName: 'SyncLag', statistic: 'p95' });
  expect(watched.rag.metricInputTokens()).toMatchObject({ metricName: 'InputTokens', statistic: 'Sum' });
  expect(watched.rag.metricOutputTokens()).toMatchObject({ metricName: 'OutputTokens' });
});
