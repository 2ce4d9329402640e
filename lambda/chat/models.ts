import type { ModelFacts } from '../../lib/contract/model';
import { json, type Route } from '../kit/endpoint';

/** `GET /v1/models`: the one model that this API answers with. OpenAI's form wants a date, and none is known. */
export function models({ name }: ModelFacts): Route {
  return async () => json({ object: 'list', data: [{ id: name, object: 'model', created: 0, owned_by: 'aws-bedrock' }] });
}
