import type { Method, RestApi, Throttle } from './api';
import type { Exchange } from './exchange';
import { GatewayFailure } from './failure';
import type { Deployment } from '../assembly/deployment';
import { stableId } from '../assembly/identity';

interface ApiKey {
  readonly id: string;
  readonly value: string;
}

interface UsagePlan {
  readonly id: string;
  /** `<api id>/<stage>` that the plan opens. */
  readonly stages: readonly string[];
  readonly throttle?: Throttle;
  readonly quota?: { readonly limit: number; readonly periodMs: number };
}

const PERIODS: Readonly<Record<string, number>> = { DAY: 86_400_000, WEEK: 7 * 86_400_000, MONTH: 30 * 86_400_000 };

/** Who may ask how often: throttling of stages and methods, API keys and their usage plans. */
export class Usage {
  readonly keys: readonly ApiKey[];
  private readonly plansOfKey: ReadonlyMap<string, readonly UsagePlan[]>;
  private readonly buckets = new Map<string, Bucket>();
  private readonly counts = new Map<string, { since: number; used: number }>();

  constructor(deployment: Deployment) {
    this.keys = deployment.resources('AWS::ApiGateway::ApiKey').filter((key) => deployment.property(key, 'Enabled') !== false)
      .map((key) => ({ id: deployment.id(key), value: String(deployment.property(key, 'Value') ?? stableId(key, 40)) }));
    const plans = new Map(deployment.resources('AWS::ApiGateway::UsagePlan').map((plan) => [deployment.id(plan), readPlan(deployment.id(plan), deployment.properties(plan))]));
    const links = deployment.resources('AWS::ApiGateway::UsagePlanKey').map((link) => deployment.properties(link));
    const plansOf = (id: string) => links.filter(({ KeyId }) => KeyId === id).flatMap(({ UsagePlanId }) => plans.get(String(UsagePlanId)) ?? []);
    this.plansOfKey = new Map(this.keys.map(({ id }) => [id, plansOf(id)]));
  }

  /** The key that a method asks for, within its plan's limits. */
  requireKey(exchange: Exchange, method: Method): string | undefined {
    if (!method.apiKeyRequired) return undefined;
    const value = exchange.caller.usageKey ?? exchange.header('x-api-key');
    const key = this.keys.find((candidate) => candidate.value === value);
    const plan = key && this.plansOfKey.get(key.id)?.find(({ stages }) => stages.includes(`${exchange.api.id}/${exchange.api.stage}`));
    if (!key || !plan) throw new GatewayFailure('INVALID_API_KEY');
    if (plan.throttle && !this.bucket(`${plan.id} ${key.id}`, plan.throttle).take()) throw new GatewayFailure('THROTTLED');
    if (plan.quota) this.count(`${plan.id} ${key.id}`, plan.quota);
    return key.id;
  }

  /** The stage's own limits, for the method asked for. */
  requireWithinRate(api: RestApi, method: Method): void {
    const key = [`${method.resourcePath} ${method.httpMethod}`, `${method.resourcePath} *`, `/* ${method.httpMethod}`, '/* *'].find((candidate) => api.throttles.has(candidate));
    if (!key) return;
    const bucket = this.bucket(`${api.id}/${api.stage} ${method.resourcePath} ${method.httpMethod}`, api.throttles.get(key)!);
    if (!bucket.take()) throw new GatewayFailure('THROTTLED');
  }

  private bucket(name: string, throttle: Throttle): Bucket {
    const bucket = this.buckets.get(name) ?? new Bucket(throttle);
    this.buckets.set(name, bucket);
    return bucket;
  }

  private count(name: string, { limit, periodMs }: { limit: number; periodMs: number }): void {
    const known = this.counts.get(name);
    const count = known && known.since + periodMs > Date.now() ? known : { since: Date.now(), used: 0 };
    this.counts.set(name, count);
    if (count.used >= limit) throw new GatewayFailure('QUOTA_EXCEEDED');
    count.used++;
  }
}

/** A token bucket: `burst` at once, `rate` a second after that. */
export class Bucket {
  private tokens: number;
  private at = performance.now();

  constructor(private readonly throttle: Throttle) {
    this.tokens = throttle.burst;
  }

  take(): boolean {
    const now = performance.now();
    this.tokens = Math.min(this.throttle.burst, this.tokens + ((now - this.at) / 1000) * this.throttle.rate);
    this.at = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}

function readPlan(id: string, properties: Readonly<Record<string, unknown>>): UsagePlan {
  const stages = (properties.ApiStages ?? []) as { ApiId: string; Stage: string }[];
  const throttle = properties.Throttle as { RateLimit?: number; BurstLimit?: number } | undefined;
  const quota = properties.Quota as { Limit?: number; Period?: string } | undefined;
  return {
    id,
    stages: stages.map(({ ApiId, Stage }) => `${ApiId}/${Stage}`),
    throttle: throttle?.RateLimit === undefined ? undefined : { rate: Number(throttle.RateLimit), burst: Number(throttle.BurstLimit ?? throttle.RateLimit) },
    quota: quota?.Limit === undefined ? undefined : { limit: Number(quota.Limit), periodMs: PERIODS[quota.Period ?? 'DAY'] },
  };
}
