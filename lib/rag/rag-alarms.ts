import { Duration } from 'aws-cdk-lib';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type IConstruct } from 'constructs';
import { type RagAlarmsOptions } from './rag-alarms-options';
import { type QuerySignals, type RagSignals } from './rag-signals';
import { fail, requireBetween, requireDuration, requireInteger } from '../internal/validation';
import { type AlarmRules } from '../observability/alarm-set';
import { apiErrors, failedShare } from '../observability/request-alarms';

const FIVE_MINUTES = { period: Duration.minutes(5) };
const QUESTIONS = 'questions';
const ONE_HOUR = { period: Duration.hours(1) };
/** Of fewer questions a share says nothing. */
const ENOUGH_QUESTIONS = 20;

const FAILED_LOOK = {
  means: 'A job that looks through a source failed as a whole.',
  next: 'its reason is in the log of the function that syncs: most often the role may not read the source, or its credentials have run out.',
};
const FAILED_READING = {
  means: 'It could not be read which tables and columns there are: queries are written from what was read before.',
  next: 'its reason is in the log of the function that syncs: most often the database user is missing or may not select; run what setupSql says, then sync again.',
};

/** What a knowledge base rings for. */
export function ragAlarms(scope: IConstruct, { queries, ...signals }: RagSignals, options: RagAlarmsOptions): AlarmRules {
  if (!queries) requireNoneOfAnswers(scope, options);
  return { ...(queries && answerAlarms(scope, signals, queries, options)), ...readingAlarms(scope, signals, options) };
}

/** An alarm that nothing can ring would be trusted. */
function requireNoneOfAnswers(scope: IConstruct, { errorRate, timeToFirstToken, emptyRetrievals }: RagAlarmsOptions) {
  const idle = Object.entries({ errorRate, timeToFirstToken, emptyRetrievals }).find(([, value]) => value !== undefined);
  if (idle) fail(scope, `'${idle[0]}' must be left out with RagApi.none(), which answers nobody: give alarms to what answers from this knowledge, such as a ChatbotApi`);
}

function answerAlarms(scope: IConstruct, { rag, documents }: Pick<RagSignals, 'rag' | 'documents'>, queries: QuerySignals, options: RagAlarmsOptions): AlarmRules {
  const { traffic, divided, reranked } = queries;
  const { errorRate = 5, timeToFirstToken = Duration.seconds(8), emptyRetrievals } = options;
  requireBetween(scope, 'errorRate', errorRate, 0, 99);
  requireBetween(scope, 'timeToFirstToken in milliseconds', timeToFirstToken.toMilliseconds({ integral: false }), 1, Duration.minutes(15).toMilliseconds());
  requireBetween(scope, 'emptyRetrievals', emptyRetrievals, 0, 99);
  return {
    ErrorRate: {
      metric: failedQuestions({ rag }),
      above: errorRate,
      periods: 3,
      badPeriods: 2,
      means: `More than ${errorRate} percent of questions failed on our side, the model's or the knowledge base's.`,
      next: "the dashboard's list of failed requests says why by errorCode: compare it with the errors of retrieval, which are the knowledge base's or its store's.",
    },
    ApiErrors: apiErrors({ called: QUESTIONS }, traffic, errorRate),
    TimeToFirstToken: {
      metric: rag.metricTimeToFirstToken(FIVE_MINUTES),
      above: timeToFirstToken.toMilliseconds(),
      periods: 3,
      means: `One question in 20 waits more than ${timeToFirstToken.toHumanString()} for the first word of its answer.`,
      next: 'see whether retrieval takes the time (fewer candidates, no reranker, a store that does not sleep), or the model does.',
    },
    ...(documents && divided && {
      ForeignPassages: {
        metric: documents.metricForeignPassages(FIVE_MINUTES),
        above: 0,
        periods: 1,
        means: 'The store gave passages of another tenant in spite of the filter. They were left out, and nobody was shown them.',
        next: 'find in the log which knowledge base gave them, and look at the metadata of its documents: a field of another type, or a filter that the store passes over.',
      },
    }),
    ...(reranked && {
      RerankFallbacks: {
        metric: reranked.metricRerankFallbacks(FIVE_MINUTES),
        above: 0,
        periods: 3,
        means: 'Passages have not been reranked for a quarter of an hour, or not in time: answers are given from the order before, which is less good.',
        next: "'notReranked' in the log of the function that answers says why: the model is throttled, is not there in this Region, or takes longer than 'retrieval.ranking.rerankTimeout'.",
      },
    }),
    ...(emptyRetrievals !== undefined && {
      EmptyRetrievals: {
        metric: emptyShare({ rag }),
        above: emptyRetrievals,
        periods: 1,
        means: `To more than ${emptyRetrievals} percent of an hour's questions nothing was found.`,
        next: 'see whether documents are missing (documents that failed, a sync that is stale), a least score or similarity is too high, or people ask for what no document holds.',
      },
    }),
  };
}

function readingAlarms(scope: IConstruct, { rag, documents, indexes, changes, lost }: RagSignals, options: RagAlarmsOptions): AlarmRules {
  const { failedDocuments = 0, staleness = Duration.hours(1) } = options;
  requireInteger(scope, 'failedDocuments', failedDocuments, 0, 1_000_000);
  requireDuration(scope, 'staleness', staleness, Duration.minutes(5), Duration.days(14));
  return {
    ...(documents && {
      FailedDocuments: {
        metric: documents.metricDocumentsFailed(ONE_HOUR),
        above: failedDocuments,
        periods: 1,
        means: `More than ${failedDocuments} documents could not be read in an hour: nothing of them is found.`,
        next: `${indexes ? 'GET /v1/documents?state=failed, or the table of documents,' : 'the table of the sync'} lists them with their reasons: a format that is not read, a file that is too large, a metadata file that is no JSON.`,
      },
    }),
    ...(indexes && {
      RefusedIndex: {
        metric: indexes.metricIndexBuildsRefused(FIVE_MINUTES),
        above: 0,
        periods: 1,
        means: 'A new index was built and finds less than the one that answers, or cannot read what that one can: the old one goes on answering.',
        next: 'GET /v1/indexes says by how much, and GET /v1/documents with its index and state=failed which documents: send {"switch":true} to the queue of requests to answer from it all the same, or deploy what was there before.',
      },
    }),
    FailedJobs: {
      metric: rag.metricSyncJobsFailed(ONE_HOUR),
      above: 0,
      periods: 1,
      ...(documents ? FAILED_LOOK : FAILED_READING),
    },
    ...(changes && {
      StaleSync: {
        metric: changes.metricApproximateAgeOfOldestMessage({ ...FIVE_MINUTES, statistic: Stats.MAXIMUM }),
        above: staleness.toSeconds(),
        periods: 1,
        means: `A change of a document has waited for more than ${staleness.toHumanString()}: answers are given from what it said before.`,
        next: 'see whether a job runs for long, the service throttles, or one document fails again and again; the log of the function that syncs says which.',
      },
    }),
    DeadLetters: {
      metric: new MathExpression({
        label: 'Given up',
        expression: lost.map((_, place) => `lost${place}`).join(' + '),
        usingMetrics: Object.fromEntries(lost.map((queue, place) => [`lost${place}`, queue.metricApproximateNumberOfMessagesVisible({ ...FIVE_MINUTES, statistic: Stats.MAXIMUM })])),
        ...FIVE_MINUTES,
      }),
      above: 0,
      periods: 1,
      means: 'A change, a request to sync or an event was given up, and waits in a dead-letter queue.',
      next: 'read the message, mend what the log says of it, and move it back (start-message-move-task): what a message says is looked up anew, so that nothing is read twice.',
    },
  };
}

/** The share of questions that failed, in percent. */
export function failedQuestions({ rag }: Pick<RagSignals, 'rag'>): MathExpression {
  return failedShare({ called: QUESTIONS, answered: (options) => rag.metricAnswers(options), failed: (options) => rag.metricErrors(options) });
}

/** The share of questions to which nothing was found, in percent. */
function emptyShare({ rag }: Pick<RagSignals, 'rag'>): MathExpression {
  return new MathExpression({
    label: 'Nothing found',
    expression: `IF(retrievals >= ${ENOUGH_QUESTIONS}, 100 * empty / retrievals, 0)`,
    usingMetrics: { retrievals: rag.metricRetrievals(ONE_HOUR), empty: rag.metricEmptyRetrievals(ONE_HOUR) },
    ...ONE_HOUR,
  });
}

