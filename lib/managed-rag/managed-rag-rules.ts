import { Annotations } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type DeployedSource } from './knowledge-base';
import { type ManagedRagProps } from './managed-rag-props';
import { CHAT_METRICS } from '../contract/chat';
import { SYNC_METRICS } from '../contract/document-sync';
import { type KnowledgePolicy, RETRIEVAL_METRICS } from '../contract/knowledge';
import { fail, requireCount, requireInteger, requireMade, requireSome } from '../internal/validation';
import { type RetrievalOptions } from '../knowledge';
import { requireValidAnswering } from '../rag/answering';
import { type SyncPolicy } from '../rag/sync-policy';

/** As many data sources Bedrock takes in one knowledge base. */
const MOST_SOURCES = 5;

/** What props must be by themselves. */
export function requireValidProps(scope: IConstruct, props: ManagedRagProps) {
  const { store, sources, embedding, sync, model, answering, guardrail, auth, api, posture } = props;
  requireMade(scope, 'store', store, '_bind', 'KnowledgeStore, such as KnowledgeStore.s3Vectors()');
  requireSome(scope, 'sources', sources, 'DataSource.s3()');
  requireCount(scope, 'sources', sources, 1, MOST_SOURCES);
  sources?.forEach((source) => requireMade(scope, 'sources', source, '_bind', 'DataSource, such as DataSource.s3()'));
  requireMade(scope, 'embedding', embedding, 'bind', 'EmbeddingModel, such as EmbeddingModel.standard()');
  requireMade(scope, 'sync', sync, 'also', 'SyncPolicy, such as SyncPolicy.onChange()');
  requireMade(scope, 'model', model, 'bind', "Model, such as Model.foundation('amazon.nova-lite-v1:0') or Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0')");
  requireMade(scope, 'guardrail', guardrail, 'bind', 'new Guardrail or Guardrail.fromAttributes');
  requireMade(scope, 'auth', auth, '_bind', 'ApiAuth, such as ApiAuth.cognito()');
  requireMade(scope, 'api', api, '_rest', 'RagApi, such as RagApi.rest({ stageName: \'v1\' }) or RagApi.none()');
  if (api && !api._rest()) requireUseOfAnswers(scope, props);
  requireValidAnswering(scope, answering ?? {});
  requireMade(scope, 'posture', posture, 'encryptionKey', 'Posture, such as Posture.regulated()');
}

/** Says why something of an API is not there. */
export function failWithoutQueries(scope: IConstruct, member: string): never {
  return fail(scope, `'${member}' is not there with RagApi.none(), which answers nobody: ask for it where answers are given, such as the url of a ChatbotApi, or take RagApi.rest()`);
}

/** Refuses what would concern answers where none are given: a guardrail that checks nothing would be taken for one that does. */
export function requireUseOfAnswers(scope: IConstruct, { model, answering, guardrail, auth }: Pick<ManagedRagProps, 'model' | 'answering' | 'guardrail' | 'auth'>) {
  const idle = Object.entries({ model, answering, guardrail, auth }).find(([, value]) => value !== undefined);
  if (idle) fail(scope, `'${idle[0]}' must be left out with RagApi.none(), which answers nobody: give it to what answers from this knowledge, such as a ChatbotApi`);
}

/** Refuses what is never counted where nobody is answered. */
export function requireMetricOfReading(scope: IConstruct, metricName: string) {
  if (![...Object.values<string>(CHAT_METRICS), ...Object.values<string>(RETRIEVAL_METRICS)].includes(metricName)) return;
  fail(scope, `'metricName' must be a metric of what is read, such as ${SYNC_METRICS.syncJobs}, with RagApi.none(), got '${metricName}': what answers from this knowledge counts it, `
    + `such as a ChatbotApi by chat.metric('${metricName}')`);
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
