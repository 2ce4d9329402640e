import {
  type BedrockAgentClient, GetIngestionJobCommand, type IngestionJobStatus, ListDataSourcesCommand, ListIngestionJobsCommand, StartIngestionJobCommand,
  StopIngestionJobCommand,
} from '@aws-sdk/client-bedrock-agent';
import { orRefusal } from './bedrock-agent-refusal';
import type { IngestionJobs, JobStanding } from '../ports/ingestion-jobs';

const STANDINGS: Readonly<Record<IngestionJobStatus, JobStanding>> = {
  STARTING: 'working',
  IN_PROGRESS: 'working',
  STOPPING: 'working',
  COMPLETE: 'complete',
  FAILED: 'failed',
  STOPPED: 'stopped',
};

/** Jobs of a knowledge base of Bedrock. */
export function bedrockIngestionJobs(client: BedrockAgentClient, knowledgeBaseId: string): IngestionJobs {
  return {
    async sources() {
      const found: string[] = [];
      let nextToken: string | undefined;
      do {
        const page = await orRefusal(client.send(new ListDataSourcesCommand({ knowledgeBaseId, maxResults: 100, nextToken })));
        found.push(...(page.dataSourceSummaries ?? []).flatMap(({ dataSourceId }) => dataSourceId ?? []));
        ({ nextToken } = page);
      } while (nextToken);
      return found;
    },

    async start(dataSourceId, clientToken) {
      const { ingestionJob } = await orRefusal(client.send(new StartIngestionJobCommand({ knowledgeBaseId, dataSourceId, clientToken })));
      return ingestionJob!.ingestionJobId!;
    },

    async find(dataSourceId, ingestionJobId) {
      const { ingestionJob } = await orRefusal(client.send(new GetIngestionJobCommand({ knowledgeBaseId, dataSourceId, ingestionJobId })));
      const { status, statistics = {}, failureReasons = [] } = ingestionJob!;
      const { numberOfNewDocumentsIndexed = 0, numberOfModifiedDocumentsIndexed = 0, numberOfMetadataDocumentsModified = 0 } = statistics;
      return {
        jobId: ingestionJobId,
        standing: STANDINGS[status!] ?? 'working',
        indexed: numberOfNewDocumentsIndexed + numberOfModifiedDocumentsIndexed + numberOfMetadataDocumentsModified,
        deleted: statistics.numberOfDocumentsDeleted ?? 0,
        failed: statistics.numberOfDocumentsFailed ?? 0,
        reasons: failureReasons,
      };
    },

    async running(dataSourceId) {
      const found: string[] = [];
      // A filter takes one status. One job of a source runs at a time, so that a page holds them all.
      for (const status of ['STARTING', 'IN_PROGRESS']) {
        const { ingestionJobSummaries = [] } = await orRefusal(client.send(new ListIngestionJobsCommand({
          knowledgeBaseId, dataSourceId, filters: [{ attribute: 'STATUS', operator: 'EQ', values: [status] }],
        })));
        found.push(...ingestionJobSummaries.flatMap(({ ingestionJobId }) => ingestionJobId ?? []));
      }
      return found;
    },

    async stop(dataSourceId, ingestionJobId) {
      await orRefusal(client.send(new StopIngestionJobCommand({ knowledgeBaseId, dataSourceId, ingestionJobId })));
    },
  };
}
