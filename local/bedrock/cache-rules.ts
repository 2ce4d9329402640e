import { ConverseRequest } from './converse';
import { measure } from './prompt-cache';
import { refuse, refuseValue } from './refusal';
import { ModelFacts } from '../../lib/contract/model';
import { AwsFailure } from '../aws/failure';

const MOST_CACHE_POINTS = 4;
const LIFETIMES = ['5m', '1h'];

interface Point {
  readonly type?: string;
  readonly ttl?: string;
}

/** What the Converse API refuses of cache points whatever the model. */
export function checkCachePoints(request: ConverseRequest): void {
  const points = pointsOf(request);
  for (const { type, ttl } of points) {
    if (type !== 'default') refuseValue(String(type), 'cachePoint.type', 'satisfy enum value set: [default]');
    if (ttl !== undefined && !LIFETIMES.includes(ttl)) refuseValue(ttl, 'cachePoint.ttl', `satisfy enum value set: [${LIFETIMES.join(', ')}]`);
  }
  if (points.length > MOST_CACHE_POINTS) refuse(`A maximum of ${MOST_CACHE_POINTS} cache points may be provided. Found ${points.length}.`);
  const lifetimes = points.map(({ ttl = '5m' }) => ttl);
  if (lifetimes.lastIndexOf('1h') > lifetimes.indexOf('5m') && lifetimes.includes('5m')) {
    refuse("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
      + 'Note that blocks are processed in the following order: `tools`, `system`, `messages`.');
  }
}

/** What of cache points this model does not take. */
export function checkCacheFor(modelId: string, request: ConverseRequest, { cacheMinimum }: Pick<ModelFacts, 'cacheMinimum'>): void {
  if (cacheMinimum === undefined && measure(request).points.length > 0) {
    throw new AwsFailure('AccessDeniedException', 403,
      'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.');
  }
  if (!/amazon\.nova/.test(modelId)) return;
  const tool = (request.toolConfig?.tools ?? []).findIndex(({ cachePoint }) => cachePoint);
  if (tool >= 0) refuse(`Malformed input request: #/toolConfig/tools/${tool}: extraneous key [cachePoint] is not permitted, please reformat your input and try again.`);
  if (pointsOf(request).some(({ ttl }) => ttl === '1h')) refuse('Extended TTL prompt caching is only supported for Anthropic models');
}

/** In the order in which a model reads. */
function pointsOf({ toolConfig, system = [], messages = [] }: ConverseRequest): Point[] {
  const parts = [...toolConfig?.tools ?? [], ...system, ...messages.flatMap(({ content }) => content)];
  return parts.flatMap(({ cachePoint }) => cachePoint ? [cachePoint as Point] : []);
}
