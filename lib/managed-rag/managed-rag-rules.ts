import { Annotations } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type DeployedSource } from './knowledge-base';
import { type ManagedRagProps } from './managed-rag-props';
import { type KnowledgePolicy } from '../contract/knowledge';
import { fail, requireCount, requireInteger, requireMade, requireSome } from '../internal/validation';
import { type RetrievalOptions } from '../knowledge';
import { requireValidQueries } from '../rag/query-rules';
import { type SyncPolicy } from '../rag/sync-policy';

/** As many data sources Bedrock takes in one knowledge base. */
const MOST_SOURCES = 5;

/** What props must be by themselves. */
export function requireValidProps(scope: IConstruct, props: ManagedRagProps) {
  const { store, sources, embedding, sync, posture } = props;
  requireMade(scope, 'store', store, '_bind', 'KnowledgeStore, such as KnowledgeStore.s3Vectors()');
  requireSome(scope, 'sources', sources, 'DataSource.s3()');
  requireCount(scope, 'sources', sources, 1, MOST_SOURCES);
  sources?.forEach((source) => requireMade(scope, 'sources', source, '_bind', 'DataSource, such as DataSource.s3()'));
  requireMade(scope, 'embedding', embedding, 'bind', 'EmbeddingModel, such as EmbeddingModel.standard()');
  requireMade(scope, 'sync', sync, 'also', 'SyncPolicy, such as SyncPolicy.onChange()');
  requireValidQueries(scope, props);
  requireMade(scope, 'posture', posture, 'encryptionKey', 'Posture, such as Posture.regulated()');
}

/** Refuses what nobody would find: access control lists show a document to people who are named. */
export function requireIdentity(scope: IConstruct, sources: readonly DeployedSource[], { identity }: RetrievalOptions) {
  if (identity !== undefined || sources.every(({ accessControl }) => !accessControl)) return;
  fail(scope, "'retrieval.identity' must be given with a source that has 'accessControl', which shows its documents to callers who are named and to nobody else, got none: "
    + "name the claim by which the source knows them, such as retrieval: { identity: 'email' }");
}

/** Holds the number of changes that may wait to what can be counted, and refuses it where jobs read in any case. */
export function requireValidBacklog(scope: IConstruct, { _triggers: { backlog } }: SyncPolicy, kind: KnowledgePolicy['kind']) {
  if (backlog === undefined) return;
  requireInteger(scope, 'backlog', backlog, 10, 100_000);
  if (kind === 'managed') fail(scope, `'backlog' must be left out with KnowledgeStore.managed(), whose sources are read by jobs in any case, got ${backlog}: leave it out, or take KnowledgeStore.s3Vectors()`);
}

/** Nobody is told of changes of what has to be crawled: by changes alone it would be read never. */
export function warnOfUnreadSources(scope: IConstruct, { _triggers: { onChange, onDeploy, schedules } }: SyncPolicy, sources: readonly DeployedSource[]) {
  if (!onChange || onDeploy || schedules.length > 0 || sources.every(({ crawled }) => !crawled)) return;
  Annotations.of(scope).addWarningV2('cdk-genai-patterns:unreadSource',
    "a source that is crawled tells nobody of its changes, so SyncPolicy.onChange() alone never reads it: add '.also(SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1))))' or '.also(SyncPolicy.onDeploy())'");
}
