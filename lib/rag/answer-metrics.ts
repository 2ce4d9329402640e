import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { CHAT_METRICS } from '../contract/chat';
import { SYNC_METRICS } from '../contract/document-sync';
import { RETRIEVAL_METRICS } from '../contract/knowledge';

/** The metrics of whatever answers from what is yours. With `RagApi.none()` only those of jobs and documents are there. */
export abstract class AnswerMetrics extends Construct {
  /** A metric of this construct, by its name in CloudWatch; the sum over five minutes unless told otherwise. */
  public abstract metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Questions that were answered to the end, those to which nothing was found included. */
  public metricAnswers(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.turns, options);
  }

  /** Questions that failed on the side of the service, the model or what is searched; requests that were refused are not counted. */
  public metricErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.errors, options);
  }

  /** Milliseconds from the question to the first token of its answer; 95 of 100 are faster. */
  public metricTimeToFirstToken(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.timeToFirstToken, { statistic: cloudwatch.Stats.p(95), ...options });
  }

  /** Tokens of prompts, what was found included. */
  public metricInputTokens(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.inputTokens, options);
  }

  /** Tokens that the model wrote. */
  public metricOutputTokens(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.outputTokens, options);
  }

  /** What the model that answers cost, in US dollars; there is none for models whose prices are not known. */
  public metricCost(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(CHAT_METRICS.cost, options);
  }

  /** Searches. */
  public metricRetrievals(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(RETRIEVAL_METRICS.retrievals, options);
  }

  /** Searches that found nothing, or nothing good enough. */
  public metricEmptyRetrievals(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(RETRIEVAL_METRICS.emptyRetrievals, options);
  }

  /** Searches that failed. */
  public metricRetrievalErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(RETRIEVAL_METRICS.retrievalErrors, options);
  }

  /** Milliseconds that a search took; 95 of 100 are faster. */
  public metricRetrievalDuration(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(RETRIEVAL_METRICS.retrievalDuration, { statistic: cloudwatch.Stats.p(95), ...options });
  }

  /** Answers that name no source although something was found. */
  public metricUncitedAnswers(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(RETRIEVAL_METRICS.uncitedAnswers, options);
  }

  /** Sentences of answers that state something and name no source. */
  public metricUncitedClaims(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(RETRIEVAL_METRICS.uncitedClaims, options);
  }

  /** Jobs that looked through what answers are given from. */
  public metricSyncJobs(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(SYNC_METRICS.syncJobs, options);
  }

  /** Jobs that failed as a whole. */
  public metricSyncJobsFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(SYNC_METRICS.syncJobsFailed, options);
  }
}

/** The metrics of whatever answers from documents. */
export abstract class DocumentMetrics extends AnswerMetrics {
  /** The score of the best passage, in hundredths; half are better. */
  public metricTopScore(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(RETRIEVAL_METRICS.topScore, { statistic: cloudwatch.Stats.p(50), ...options });
  }

  /** Passages of another tenant that the service gave, and nobody was shown. */
  public metricForeignPassages(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(RETRIEVAL_METRICS.foreignPassages, options);
  }

  /** Documents that were read. */
  public metricDocumentsIndexed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(SYNC_METRICS.documentsIndexed, options);
  }

  /** Documents that were forgotten. */
  public metricDocumentsDeleted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(SYNC_METRICS.documentsDeleted, options);
  }

  /** Documents that could not be read. */
  public metricDocumentsFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(SYNC_METRICS.documentsFailed, options);
  }

  /** Milliseconds from a change of a document until it can be found; 95 of 100 are faster. */
  public metricSyncLag(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(SYNC_METRICS.syncLag, { statistic: cloudwatch.Stats.p(95), ...options });
  }
}
