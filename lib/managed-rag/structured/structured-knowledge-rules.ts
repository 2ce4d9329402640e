import { type IConstruct } from 'constructs';
import { type StructuredKnowledgeProps } from './structured-knowledge-props';
import { fail, requireMade } from '../../internal/validation';
import { requireValidAnswering } from '../../rag/answering';
import { requireUseOfAnswers } from '../managed-rag-rules';

/** What props must be by themselves. */
export function requireValidStructured(scope: IConstruct, props: StructuredKnowledgeProps) {
  const { engine, data, sync, model, answering = {}, guardrail, auth, api, posture } = props;
  requireGiven(scope, 'engine', engine, 'QueryEngine.redshiftServerless(workgroupArn)');
  requireMade(scope, 'engine', engine, '_bind', 'QueryEngine, such as QueryEngine.redshiftServerless(workgroupArn)');
  requireGiven(scope, 'data', data, "StructuredData.redshift('sales')");
  requireMade(scope, 'data', data, '_bind', "StructuredData, such as StructuredData.redshift('sales')");
  requireMade(scope, 'sync', sync, 'also', 'SyncPolicy, such as SyncPolicy.onDeploy()');
  if (sync?._triggers.onChange) {
    fail(scope, "'sync' must not follow changes, because a database tells nobody of one, got SyncPolicy.onChange(): take SyncPolicy.onDeploy(), or SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1)))");
  }
  requireMade(scope, 'model', model, 'bind', "Model, such as Model.foundation('amazon.nova-lite-v1:0') or Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0')");
  requireMade(scope, 'guardrail', guardrail, 'bind', 'new Guardrail or Guardrail.fromAttributes');
  requireMade(scope, 'auth', auth, '_bind', 'ApiAuth, such as ApiAuth.cognito()');
  requireMade(scope, 'api', api, '_rest', 'RagApi, such as RagApi.rest({ stageName: \'v1\' }) or RagApi.none()');
  if (api && !api._rest()) requireUseOfAnswers(scope, props);
  requireMade(scope, 'posture', posture, 'encryptionKey', 'Posture, such as Posture.regulated()');
  requireValidAnswering(scope, answering);
}

/** JavaScript has no compiler that asks for it. */
function requireGiven(scope: IConstruct, prop: string, value: unknown, example: string) {
  if (value === undefined || value === null) fail(scope, `'${prop}' must be given, such as ${example}, got nothing`);
}
