import { type IConstruct } from 'constructs';
import { type DiyRagProps } from './diy-rag-props';
import { requireValidRetrieval } from './passage-retrieval';
import { fail, requireLength, requireMade } from '../internal/validation';
import { requireValidQueries } from '../rag/query-rules';
import { type SyncPolicy } from '../rag/sync-policy';

/** What props must be by themselves. */
export function requireValidProps(scope: IConstruct, props: DiyRagProps) {
  const { documents, splitter, store, embedding, retrieval, answering, posture } = props;
  requireMade(scope, 'documents.bucket', documents?.bucket, 'arnForObjects', "a bucket, such as Bucket.fromBucketName(this, 'Documents', 'documents')");
  requireLength(scope, 'documents.prefix', documents?.prefix, 1, 300);
  requireMade(scope, 'documents.sync', documents?.sync, 'also', 'SyncPolicy, such as SyncPolicy.onChange()');
  requireNoBacklog(scope, documents?.sync);
  requireMade(scope, 'documents.contextLines', documents?.contextLines, '_bind', 'ContextLines, such as ContextLines.byModel()');
  requireMade(scope, 'splitter', splitter, '_bind', 'Splitter, such as Splitter.structure({ tokens: 400 })');
  requireMade(scope, 'documents.reindexing', documents?.reindexing, '_bind', 'Reindexing, such as Reindexing.blueGreen()');
  requireMade(scope, 'store', store, '_bind', 'VectorStore, such as VectorStore.s3Vectors()');
  requireMade(scope, 'embedding', embedding, 'bind', 'EmbeddingModel, such as EmbeddingModel.standard()');
  requireMade(scope, 'posture', posture, 'encryptionKey', 'Posture, such as Posture.regulated()');
  requireMade(scope, 'answering.cache', answering?.cache, '_bind', 'AnswerCache, such as AnswerCache.semantic()');
  requireValidRetrieval(scope, retrieval ?? {});
  requireValidQueries(scope, props);
}

/** Where changes are dealt with as they come, however many wait, nobody would count them. */
function requireNoBacklog(scope: IConstruct, sync: SyncPolicy | undefined) {
  const backlog = sync?._triggers.backlog;
  if (backlog === undefined) return;
  fail(scope, `'backlog' must be left out of 'documents.sync' here, where changes are dealt with ten at a time however many wait, got ${backlog}: leave it out, and bring very many documents in by addBulkLoad()`);
}
