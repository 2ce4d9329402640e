import { type IConstruct } from 'constructs';
import { requireValidAnswering } from './answering';
import { type QueryApiChoices } from './query-api';
import { type RagApi } from '../api';
import { ANSWER_CACHE_METRICS } from '../contract/answer-cache';
import { CHAT_METRICS } from '../contract/chat';
import { SYNC_METRICS } from '../contract/document-sync';
import { RETRIEVAL_METRICS } from '../contract/knowledge';
import { REWRITE_METRICS } from '../contract/questions';
import { fail, requireMade } from '../internal/validation';

/** What everybody may choose who answers from what is theirs. */
interface QueryProps extends Omit<QueryApiChoices, 'api'> {
  readonly api?: RagApi;
}

/** What props of answers must be by themselves. */
export function requireValidQueries(scope: IConstruct, props: QueryProps) {
  const { model, answering, guardrail, auth, api } = props;
  requireMade(scope, 'model', model, 'bind', "Model, such as Model.foundation('amazon.nova-lite-v1:0') or Model.crossRegion(Geography.US, 'amazon.nova-2-lite-v1:0')");
  requireMade(scope, 'guardrail', guardrail, 'bind', 'new Guardrail or Guardrail.fromAttributes');
  requireMade(scope, 'auth', auth, '_bind', 'ApiAuth, such as ApiAuth.cognito()');
  requireMade(scope, 'api', api, '_rest', 'RagApi, such as RagApi.rest({ stageName: \'v1\' }) or RagApi.none()');
  if (api && !api._rest()) requireUseOfAnswers(scope, props);
  requireValidAnswering(scope, answering ?? {});
}

/** Says why something of an API is not there. */
export function failWithoutQueries(scope: IConstruct, member: string): never {
  // Nothing else has it.
  const remedy = member === 'addEvaluation' ? 'take RagApi.rest()' : 'ask for it where answers are given, such as the url of a ChatbotApi, or take RagApi.rest()';
  return fail(scope, `'${member}' is not there with RagApi.none(), which answers nobody: ${remedy}`);
}

/** Refuses what would concern answers where none are given: a guardrail that checks nothing would be taken for one that does. */
function requireUseOfAnswers(scope: IConstruct, { model, answering, guardrail, auth }: QueryProps) {
  const idle = Object.entries({ model, answering, guardrail, auth }).find(([, value]) => value !== undefined);
  if (idle) fail(scope, `'${idle[0]}' must be left out with RagApi.none(), which answers nobody: give it to what answers from this knowledge, such as a ChatbotApi`);
}

/** Refuses what is never counted where nobody is answered. */
export function requireMetricOfReading(scope: IConstruct, metricName: string) {
  const ofAnswers = [CHAT_METRICS, RETRIEVAL_METRICS, REWRITE_METRICS, ANSWER_CACHE_METRICS].flatMap((metrics) => Object.values<string>(metrics));
  if (!ofAnswers.includes(metricName)) return;
  fail(scope, `'metricName' must be a metric of what is read, such as ${SYNC_METRICS.syncJobs}, with RagApi.none(), got '${metricName}': what answers from this knowledge counts it, `
    + `such as a ChatbotApi by chat.metric('${metricName}')`);
}
