import { Duration, type Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AnswerCache, BulkEmbedding, BulkSource, ContextLines, CorpusFormat, type DiyRag, type DiyRagProps, QueryExpansion, QuerySessions, RerankModel, Reranking,
  ScanReading, Splitter, VectorStore,
} from '../../lib';

interface DiyRagChoice {
  props(stack: Stack): DiyRagProps;
  /** It lies outside, where a VPC that is made does not lead. */
  readonly outside?: true;
  more?(rag: DiyRag, stack: Stack): void;
}

/** What a builder of a DiyRag may choose, as far as it needs resources or grants of its own. */
export const DIY_RAG_CHOICES: Readonly<Record<string, DiyRagChoice>> = {
  'DiyRag': { props: () => ({}) },
  'DiyRag with a hand in every stage': {
    props: (stack) => ({
      splitter: Splitter.custom(LambdaFunction.fromFunctionArn(stack, 'Splitter', 'arn:aws:lambda:us-east-1:111122223333:function:splitter')),
      documents: { parsing: { scans: ScanReading.textract() }, contextLines: ContextLines.byModel(), prefix: 'public/' },
      retrieval: { links: Duration.minutes(10), rerank: Reranking.model(RerankModel.standard()), expansion: QueryExpansion.hyde() },
      answering: { cache: AnswerCache.semantic(), sessions: QuerySessions.dynamoDb() },
    }),
  },
  'DiyRag with a bulk load of a corpus': {
    props: () => ({}),
    more: (rag, stack) => {
      const source = BulkSource.corpus({ bucket: Bucket.fromBucketName(stack, 'Corpus', 'corpus'), format: CorpusFormat.CSV });
      rag.addBulkLoad({ source, embedding: BulkEmbedding.batch() });
    },
  },
  'DiyRag in Aurora': { props: () => ({ store: VectorStore.auroraPgvector() }) },
  'DiyRag in OpenSearch Serverless': { props: () => ({ store: VectorStore.openSearchServerless() }) },
  'DiyRag in MemoryDB': { props: () => ({ store: VectorStore.memoryDb() }) },
  'DiyRag in Pinecone': {
    outside: true,
    props: (stack) => ({
      store: VectorStore.pinecone({
        endpoint: 'https://docs-abc123.svc.us-east-1.pinecone.io',
        secret: Secret.fromSecretCompleteArn(stack, 'Key', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:pinecone-AbCdEf'),
      }),
    }),
  },
};
