import { type IConstruct } from 'constructs';
import { type StructuredKnowledgeProps } from './structured-knowledge-props';
import { fail, requireMade } from '../../internal/validation';
import { requireValidQueries } from '../../rag/query-rules';

/** What props must be by themselves. */
export function requireValidStructured(scope: IConstruct, props: StructuredKnowledgeProps) {
  const { engine, data, sync, posture } = props;
  requireGiven(scope, 'engine', engine, 'QueryEngine.redshiftServerless(workgroupArn)');
  requireMade(scope, 'engine', engine, '_bind', 'QueryEngine, such as QueryEngine.redshiftServerless(workgroupArn)');
  requireGiven(scope, 'data', data, "StructuredData.redshift('sales')");
  requireMade(scope, 'data', data, '_bind', "StructuredData, such as StructuredData.redshift('sales')");
  requireMade(scope, 'sync', sync, 'also', 'SyncPolicy, such as SyncPolicy.onDeploy()');
  if (sync?._triggers.onChange) {
    fail(scope, "'sync' must not follow changes, because a database tells nobody of one, got SyncPolicy.onChange(): take SyncPolicy.onDeploy(), or SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1)))");
  }
  requireMade(scope, 'posture', posture, 'encryptionKey', 'Posture, such as Posture.regulated()');
  requireValidQueries(scope, props);
}

/** JavaScript has no compiler that asks for it. */
function requireGiven(scope: IConstruct, prop: string, value: unknown, example: string) {
  if (value === undefined || value === null) fail(scope, `'${prop}' must be given, such as ${example}, got nothing`);
}
