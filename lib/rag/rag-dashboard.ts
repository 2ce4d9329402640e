import { Duration } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { failedQuestions } from './rag-alarms';
import { type QuerySignals, type RagSignals } from './rag-signals';
import { type Chart, type Failures } from '../observability/operations-dashboard';

const P50 = Stats.p(50);

/** What a knowledge base shows: what users feel first, then what is found, then what is read, then what carries it all. */
export function ragCharts(signals: RagSignals): Chart[][] {
  const { queries } = signals;
  return [...(queries ? [users(signals, queries), finding(signals, queries)] : []), reading(signals), carriers(signals)];
}

/** What failed last where nobody is answered: documents. */
export function failedDocuments(logs: ILogGroup): Failures {
  return { title: 'Documents that failed last', logs, fields: 'message, source, key, what, error, reason', filter: 'level = "ERROR"' };
}

/** What failed last where nobody is answered: the reading of tables. */
export function failedJobs(logs: ILogGroup): Failures {
  return { ...failedDocuments(logs), title: 'Jobs that failed last' };
}

function users({ rag }: RagSignals, { priced }: QuerySignals): Chart[] {
  return [
    { title: 'Questions', unit: 'questions', lines: [rag.metricAnswers({ label: 'Answered' }), rag.metricErrors({ label: 'Failed' })] },
    { title: 'Questions that failed', unit: 'percent', lines: [failedQuestions({ rag })] },
    {
      title: 'Time to first token',
      unit: 'ms',
      lines: [rag.metricTimeToFirstToken({ statistic: P50, label: 'Half are faster' }), rag.metricTimeToFirstToken({ label: '95 of 100 are faster' })],
    },
    ...(priced ? [{ title: 'Cost by the hour', unit: 'US dollars', lines: [rag.metricCost({ period: Duration.hours(1), label: 'Model' })] }] : []),
  ];
}

function finding({ rag, documents }: RagSignals, { divided, reranked }: QuerySignals): Chart[] {
  return [
    {
      title: 'Retrievals',
      unit: 'searches',
      lines: [
        rag.metricRetrievals({ label: 'All' }), rag.metricEmptyRetrievals({ label: 'Nothing found' }), rag.metricRetrievalErrors({ label: 'Failed' }),
        ...(documents && divided ? [documents.metricForeignPassages({ label: 'Passages of other tenants' })] : []),
        ...(reranked ? [reranked.metricRerankFallbacks({ label: 'Not reranked' })] : []),
      ],
    },
    {
      title: 'Retrieval',
      unit: 'ms',
      lines: [rag.metricRetrievalDuration({ statistic: P50, label: 'Half are faster' }), rag.metricRetrievalDuration({ label: '95 of 100 are faster' })],
    },
    ...(documents ? [{
      title: 'Score of the best passage',
      unit: 'hundredths',
      lines: [documents.metricTopScore({ label: 'Half are better' }), documents.metricTopScore({ statistic: Stats.p(5), label: '95 of 100 are better' })],
    }] : []),
    { title: 'Answers without a citation', unit: 'answers', lines: [rag.metricUncitedAnswers({ label: 'Although passages were found' })] },
  ];
}

function reading({ rag, documents, indexes, changes, lost }: RagSignals): Chart[] {
  const lostMessages = lost.map((queue) => queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, label: 'Given up' }));
  return [
    ...(documents ? [{
      title: 'Documents',
      unit: 'documents',
      lines: [documents.metricDocumentsIndexed({ label: 'Read' }), documents.metricDocumentsDeleted({ label: 'Forgotten' }), documents.metricDocumentsFailed({ label: 'Failed' })],
    }] : []),
    ...(indexes ? [{
      title: 'Indexes',
      unit: 'indexes',
      lines: [indexes.metricIndexBuilds({ label: 'Built' }), indexes.metricIndexBuildsRefused({ label: 'Refused' }), indexes.metricIndexRollbacks({ label: 'Rolled back' })],
    }, { title: 'Documents that a new index has not read yet', unit: 'documents', lines: [indexes.metricDocumentsToReindex({ label: 'Waiting' })] }] : []),
    { title: 'Jobs', unit: 'jobs', lines: [rag.metricSyncJobs({ label: 'Ended' }), rag.metricSyncJobsFailed({ label: 'Failed' })] },
    ...(documents && changes ? [{
      title: 'From a change until it is found',
      unit: 'ms',
      lines: [documents.metricSyncLag({ statistic: P50, label: 'Half are faster' }), documents.metricSyncLag({ label: '95 of 100 are faster' })],
    }] : []),
    {
      title: 'Waiting',
      unit: 'messages',
      lines: [...(changes ? [changes.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, label: 'Changes' })] : []), ...lostMessages],
    },
  ];
}

function carriers({ queries, reader }: RagSignals): Chart[] {
  return [...(queries ? answerCarriers(queries) : []), { title: 'Function that reads', unit: 'invocations', lines: lifeOf(reader) }];
}

function answerCarriers({ traffic, handler }: QuerySignals): Chart[] {
  const count = { statistic: Stats.SUM };
  return [
    {
      title: traffic.title,
      unit: 'requests',
      lines: [traffic.requests({ ...count, label: 'All' }), traffic.clientErrors({ ...count, label: '4xx' }), traffic.serverErrors({ ...count, label: '5xx' })],
    },
    { title: 'Function that answers', unit: 'invocations', lines: lifeOf(handler) },
  ];
}

function lifeOf(handler: LambdaFunction) {
  return [
    handler.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM, label: 'At once' }), handler.metricThrottles({ label: 'Throttled' }), handler.metricErrors({ label: 'Failed' }),
  ];
}
