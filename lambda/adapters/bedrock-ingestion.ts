import {
  type BedrockAgentClient, DeleteKnowledgeBaseDocumentsCommand, type DocumentIdentifier, type DocumentStatus, GetKnowledgeBaseDocumentsCommand,
  IngestKnowledgeBaseDocumentsCommand, type KnowledgeBaseDocument, type KnowledgeBaseDocumentDetail, ListKnowledgeBaseDocumentsCommand,
} from '@aws-sdk/client-bedrock-agent';
import { orRefusal } from './bedrock-agent-refusal';
import type { DocumentReport, DocumentStanding, Ingestion, SentDocument } from '../ports/ingestion';

const STANDINGS: Readonly<Record<DocumentStatus, DocumentStanding>> = {
  INDEXED: 'indexed',
  PARTIALLY_INDEXED: 'partial',
  METADATA_PARTIALLY_INDEXED: 'partial',
  METADATA_UPDATE_FAILED: 'partial',
  PENDING: 'working',
  STARTING: 'working',
  IN_PROGRESS: 'working',
  DELETING: 'working',
  DELETE_IN_PROGRESS: 'working',
  FAILED: 'failed',
  IGNORED: 'ignored',
  NOT_FOUND: 'absent',
};

/** Documents of a knowledge base of Bedrock, whose sources are buckets. */
export function bedrockIngestion(client: BedrockAgentClient, knowledgeBaseId: string): Ingestion {
  return {
    async ingest(dataSourceId, some, clientToken) {
      const documents = some.map(sent);
      await orRefusal(client.send(new IngestKnowledgeBaseDocumentsCommand({ knowledgeBaseId, dataSourceId, clientToken, documents })));
    },

    async forget(dataSourceId, uris, clientToken) {
      const documentIdentifiers = uris.map(identifier);
      await orRefusal(client.send(new DeleteKnowledgeBaseDocumentsCommand({ knowledgeBaseId, dataSourceId, clientToken, documentIdentifiers })));
    },

    async report(dataSourceId, uris) {
      const documentIdentifiers = uris.map(identifier);
      const looked = client.send(new GetKnowledgeBaseDocumentsCommand({ knowledgeBaseId, dataSourceId, documentIdentifiers }));
      return ((await orRefusal(looked)).documentDetails ?? []).map(report);
    },

    async* list(dataSourceId) {
      let nextToken: string | undefined;
      do {
        const page = await orRefusal(client.send(new ListKnowledgeBaseDocumentsCommand({ knowledgeBaseId, dataSourceId, maxResults: 1000, nextToken })));
        yield (page.documentDetails ?? []).map(report);
        ({ nextToken } = page);
      } while (nextToken);
    },
  };
}

/** Whose the bucket of documents is, the data source knows; of what describes them it has to be said. */
function sent({ uri, metadataUri, bucketOwner }: SentDocument): KnowledgeBaseDocument {
  return {
    content: { dataSourceType: 'S3', s3: { s3Location: { uri } } },
    ...(metadataUri !== undefined && { metadata: { type: 'S3_LOCATION', s3Location: { uri: metadataUri, bucketOwnerAccountId: bucketOwner } } }),
  };
}

function identifier(uri: string): DocumentIdentifier {
  return { dataSourceType: 'S3', s3: { uri } };
}

function report({ identifier: found, status, statusReason }: KnowledgeBaseDocumentDetail): DocumentReport {
  return {
    name: found?.s3?.uri ?? found?.custom?.id ?? '',
    // What is not known yet is looked at again.
    standing: STANDINGS[status!] ?? 'working',
    reason: statusReason,
  };
}
