import { Annotations, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { findReach } from './catalogue';
import { IN_REGION, splitId, type Route } from './routes';
import { fail } from '../internal/validation';

const ARN_KINDS = {
  provisioned: ['provisioned-model'],
  custom: ['custom-model-deployment', 'imported-model'],
};

/** Stops with the fix where the service would refuse this way to the model, and warns where the catalogue only doubts it: catalogues age. */
export function requireReachable(scope: IConstruct, family: string, route: Route): void {
  if (route.kind === 'foundation') requireBareId(scope, family, route.modelId);
  if (route.kind === 'crossRegion') requireUnprefixedId(scope, family, route);
  if (route.kind === 'inferenceProfile') requireKnownTarget(scope, family, route);
  if (route.kind === 'provisioned' || route.kind === 'custom') requireArnOf(scope, family, route.kind, route.modelId);
  warnWhereDoubtful(scope, route);
}

function requireBareId(scope: IConstruct, family: string, id: string): void {
  if (Token.isUnresolved(id)) return;
  requireNoArn(scope, family, id);
  const { prefix, bare } = splitId(id);
  if (prefix !== undefined) fail(scope, `'id' must be a foundation model's own id, got the inference profile '${id}': use ${family}.crossRegion(${geographyName(prefix)}, '${bare}')`);
  const reach = findReach(id);
  if (reach?.needsProfile) {
    const offered = reach.geographies.includes('global') ? 'global' : reach.geographies[0];
    fail(scope, `'${id}' is served through inference profiles only: use ${family}.crossRegion(${geographyName(offered)}, '${id}')`);
  }
}

function requireUnprefixedId(scope: IConstruct, family: string, { baseModelId = '' }: Route): void {
  if (Token.isUnresolved(baseModelId)) return;
  requireNoArn(scope, family, baseModelId);
  const { prefix, bare } = splitId(baseModelId);
  if (prefix !== undefined) fail(scope, `'id' must be a foundation model's own id, got the inference profile '${baseModelId}': use ${family}.crossRegion(${geographyName(prefix)}, '${bare}')`);
}

function requireKnownTarget(scope: IConstruct, family: string, { modelId, models, baseModelId, priceList }: Route): void {
  if (!Token.isUnresolved(modelId) && !/^arn:[^:]+:bedrock:[^:]*:[^:]*:(application-)?inference-profile\/.+$/.test(modelId)) {
    fail(scope, `'arn' must be the ARN of an inference profile, got '${modelId}': use ${family}.foundation or ${family}.crossRegion for an id`);
  }
  if (models.length === 0) {
    fail(scope, `'baseModelId' must name the model or system profile that the inference profile copies, because its ARN does not: ${family}.inferenceProfile(arn, { baseModelId: 'us.amazon.nova-pro-v1:0' })`);
  }
  if (priceList === IN_REGION && findReach(baseModelId)?.needsProfile) {
    fail(scope, `'baseModelId' must carry the geography of the system profile that is copied, such as 'global.${baseModelId}', got '${baseModelId}'`);
  }
}

function requireArnOf(scope: IConstruct, family: string, kind: 'provisioned' | 'custom', arn: string): void {
  if (Token.isUnresolved(arn)) return;
  const kinds = ARN_KINDS[kind];
  if (kinds.some((name) => new RegExp(`^arn:[^:]+:bedrock:[^:]*:[^:]*:${name}/.+$`).test(arn))) return;
  fail(scope, `'arn' of ${family}.${kind} must be the ARN of a ${kinds.join(' or of an ')}, got '${arn}'`);
}

function requireNoArn(scope: IConstruct, family: string, id: string): void {
  if (!id.startsWith('arn:')) return;
  fail(scope, `'id' must be a foundation model's own id, got the ARN '${id}': use ${family}.inferenceProfile, ${family}.provisioned or ${family}.custom for an ARN`);
}

function warnWhereDoubtful(scope: IConstruct, { kind, baseModelId, priceList }: Route): void {
  const reach = findReach(baseModelId);
  if (!reach) return;
  if (reach.retired) Annotations.of(scope).addWarningV2('cdk-genai-patterns:retiredModel', `Bedrock has retired '${baseModelId}'; choose a newer model`);
  if (kind === 'crossRegion' && priceList !== undefined && !reach.geographies.includes(priceList)) {
    const known = reach.geographies.length > 0 ? `through ${reach.geographies.join(', ')}` : 'without inference profiles';
    Annotations.of(scope).addWarningV2('cdk-genai-patterns:unknownGeography', `'${baseModelId}' was known to be offered ${known}, not through ${priceList}, when the catalogue was made; check that your account has this profile`);
  }
}

const geographyName = (prefix: string) => `Geography.${prefix.toUpperCase().replace('-', '_')}`;
