import { Authorization } from '../aws/service';

/** Where a system-defined profile sends calls. AWS has more regions behind each; a grant that covers these by name covers all of its kind. */
const DESTINATIONS: Readonly<Record<string, readonly string[]>> = {
  'us': ['us-east-1', 'us-east-2', 'us-west-2'],
  'eu': ['eu-central-1', 'eu-west-1', 'eu-west-3'],
  'jp': ['ap-northeast-1', 'ap-northeast-3'],
  'au': ['ap-southeast-2', 'ap-southeast-4'],
  'in': ['ap-south-1', 'ap-south-2'],
  'ca': ['ca-central-1', 'ca-west-1'],
  'apac': ['ap-northeast-1', 'ap-south-1', 'ap-southeast-1'],
  'us-gov': ['us-gov-east-1', 'us-gov-west-1'],
};

export interface Place {
  readonly region: string;
  readonly account: string;
}

/** The model behind an id and the way to it. */
export interface ModelAddress {
  /** `us`, `global` …; absent for what is called directly. */
  readonly geography?: string;
  /** The bare id of the foundation model; absent for provisioned, custom and imported models. */
  readonly model?: string;
  readonly profileArn?: string;
  /** What is called when it is neither a foundation model nor a profile. */
  readonly arn?: string;
}

/** Reads anything that the runtime takes as `modelId`. Application profiles are known by what they copy. */
export function modelAddress(modelId: string, place: Place, applicationProfiles: ReadonlyMap<string, string>): ModelAddress {
  const [kind, name] = modelId.startsWith('arn:') ? resourceOf(modelId) : ['', modelId];
  if (kind === 'application-inference-profile') {
    const source = applicationProfiles.get(modelId);
    if (!source) return { arn: modelId };
    return { ...modelAddress(source, place, applicationProfiles), profileArn: modelId };
  }
  if (kind === 'foundation-model') return { model: name };
  if (kind !== '' && kind !== 'inference-profile') return { arn: modelId };
  const geographic = /^(us|eu|jp|au|in|ca|apac|us-gov|global)\.(.+)$/.exec(name);
  if (!geographic) return { model: name };
  const profileArn = kind ? modelId : `arn:aws:bedrock:${place.region}:${place.account}:inference-profile/${name}`;
  return { geography: geographic[1], model: geographic[2], profileArn };
}

/** An id that means the same in every account. */
export function portableId({ geography, model, arn }: ModelAddress): string {
  return arn ?? (geography ? `${geography}.${model}` : model ?? '');
}

/** The decisions IAM makes for one call of a model: one for the profile and one for each place where the model may run. */
export function modelAuthorizations(
  action: string, address: ModelAddress, place: Place, context: Readonly<Record<string, string>> = {},
): Authorization[] {
  if (address.arn) return [{ action, resource: address.arn, context }];
  const decisions = modelArns(address, place).map(({ resource, region }) => ({
    action,
    resource,
    context: {
      ...context,
      ...(address.profileArn ? { 'bedrock:InferenceProfileArn': address.profileArn } : {}),
      ...(region ? { 'aws:RequestedRegion': region } : {}),
    },
  }));
  return address.profileArn ? [{ action, resource: address.profileArn, context }, ...decisions] : decisions;
}

function modelArns({ geography, model }: ModelAddress, place: Place): { resource: string; region: string }[] {
  const inRegion = (region: string) => ({ resource: `arn:aws:bedrock:${region}::foundation-model/${model}`, region });
  if (geography === undefined) return [inRegion(place.region)];
  // The global profile is also decided on an ARN without a region, where the requested region is the word "unspecified".
  if (geography === 'global') return [inRegion(place.region), { resource: `arn:aws:bedrock:::foundation-model/${model}`, region: 'unspecified' }];
  return DESTINATIONS[geography].map(inRegion);
}

export function guardrailArn(identifier: string, place: Place): string {
  return identifier.startsWith('arn:') ? identifier : `arn:aws:bedrock:${place.region}:${place.account}:guardrail/${identifier}`;
}

function resourceOf(arn: string): [kind: string, name: string] {
  const resource = arn.split(':').slice(5).join(':');
  const slash = resource.indexOf('/');
  return [resource.slice(0, slash), resource.slice(slash + 1)];
}
