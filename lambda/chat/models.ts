import type { ModelOffer } from '../generation/offer';
import { json, type Route } from '../kit/endpoint';

/** `GET /v1/models`: what a request may name as its `model`, what it gets without a name first. OpenAI's form wants a date, and none is known. */
export function models({ name, choices = [] }: ModelOffer): Route {
  return async () => json({ object: 'list', data: [name, ...choices].map((id) => ({ id, object: 'model', created: 0, owned_by: 'aws-bedrock' })) });
}
