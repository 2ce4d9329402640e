import { Aws, Token } from 'aws-cdk-lib';
import { type Geography } from './geography';

/** How a model is reached: what the runtime takes as its id, what lies behind that id, and which entry of the catalogue describes it. */
export interface Route {
  /** Which factory made it, so that an error can name the fix. */
  readonly kind: 'foundation' | 'crossRegion' | 'inferenceProfile' | 'application' | 'provisioned' | 'custom' | 'promptRouter';
  readonly modelId: string;
  readonly name: string;
  /** Profiles that a call touches; the first is the one called, and the only one that leads to the models. */
  readonly profiles: readonly string[];
  /** Models, or capacity of one's own. */
  readonly models: readonly string[];
  /** The foundation model's own id, without a geography; absent where nobody said. */
  readonly baseModelId?: string;
  /** A geography's prefix, or `in-region`. Absent where the route has no price by the token. */
  readonly priceList?: string;
}

export const IN_REGION = 'in-region';
const GEOGRAPHY = /^(global|us-gov|us|eu|jp|au|in|ca|apac)\.(.+)$/;

const bedrockArn = (region: string, account: string, resource: string) => `arn:${Aws.PARTITION}:bedrock:${region}:${account}:${resource}`;
const modelArn = (region: string, id: string) => bedrockArn(region, '', `foundation-model/${id}`);
const systemProfileArn = (prefix: string, id: string) => bedrockArn(Aws.REGION, Aws.ACCOUNT_ID, `inference-profile/${prefix}.${id}`);

/** A global profile is entered in this Region and answered in a place that has no Region in its ARN; the others name the Region they answer in. */
const destinations = (prefix: string, id: string) => (prefix === 'global' ? [modelArn(Aws.REGION, id), modelArn('', id)] : [modelArn('*', id)]);

/** `us.amazon.nova-pro-v1:0` into its geography and the model's own id. */
export function splitId(id: string): { prefix?: string; bare: string } {
  const match = Token.isUnresolved(id) ? null : GEOGRAPHY.exec(id);
  return match ? { prefix: match[1], bare: match[2] } : { bare: id };
}

export function foundationRoute(id: string): Route {
  return { kind: 'foundation', modelId: id, name: id, baseModelId: id, priceList: IN_REGION, profiles: [], models: [modelArn(Aws.REGION, id)] };
}

export function crossRegionRoute({ prefix }: Geography, id: string): Route {
  return {
    kind: 'crossRegion',
    modelId: `${prefix}.${id}`,
    name: `${prefix}.${id}`,
    baseModelId: id,
    priceList: prefix,
    profiles: [systemProfileArn(prefix, id)],
    models: destinations(prefix, id),
  };
}

/** A profile defined over a foundation model or over a system profile: leads to what its source leads to, and only through itself. */
export function applicationRoute(arn: string, name: string, source: Route): Route {
  return { ...source, kind: 'application', modelId: arn, name, profiles: [arn, ...source.profiles] };
}

/** A profile that exists already. A system profile's ARN says what it leads to; an application profile's does not. */
export function inferenceProfileRoute(arn: string, copied: string | undefined): Route {
  const systemId = Token.isUnresolved(arn) ? undefined : /:inference-profile\/(.+)$/.exec(arn)?.[1];
  const id = copied ?? systemId;
  if (id === undefined) return { kind: 'inferenceProfile', modelId: arn, name: arn, profiles: [arn], models: [] };
  const { prefix, bare } = splitId(id);
  return {
    kind: 'inferenceProfile',
    modelId: arn,
    name: id,
    baseModelId: bare,
    priceList: prefix ?? IN_REGION,
    profiles: [arn, ...(prefix !== undefined && systemId === undefined ? [systemProfileArn(prefix, bare)] : [])],
    models: prefix === undefined ? [modelArn(Aws.REGION, bare)] : destinations(prefix, bare),
  };
}

/** Capacity or weights of one's own: one ARN, nothing behind it. */
export function ownedRoute(kind: 'provisioned' | 'custom' | 'promptRouter', arn: string, baseModelId: string | undefined): Route {
  const name = Token.isUnresolved(arn) ? baseModelId ?? kind : arn.slice(arn.lastIndexOf('/') + 1);
  return { kind, modelId: arn, name, baseModelId, profiles: [], models: [arn] };
}
