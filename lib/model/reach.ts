import { Annotations, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { familyOf, findReach } from './catalogue';
import { geographyName, warnOfFarGeography } from './geography-regions';
import { IN_REGION, splitId, type Route } from './routes';
import { fail, requirePattern } from '../internal/validation';

const ARN_KINDS = {
  provisioned: ['provisioned-model'],
  custom: ['custom-model-deployment', 'imported-model'],
  promptRouter: ['prompt-router', 'default-prompt-router'],
};

/** What models of a family are for. */
const DOES: Readonly<Record<string, string>> = { Model: 'answers prompts', EmbeddingModel: 'turns text into vectors', RerankModel: 'reranks passages' };

/** Stops with the fix where the service would refuse this way to the model, and warns where the catalogue only doubts it: catalogues age. */
export function requireReachable(scope: IConstruct, family: string, route: Route): void {
  requireFamily(scope, family, route);
  if (route.kind === 'foundation') requireBareId(scope, family, route.modelId);
  if (route.kind === 'crossRegion') requireUnprefixedId(scope, family, route);
  if (route.kind === 'inferenceProfile') requireKnownTarget(scope, family, route);
  if (route.kind === 'provisioned' || route.kind === 'custom' || route.kind === 'promptRouter') requireArnOf(scope, family, route.kind, route.modelId);
  warnWhereDoubtful(scope, route);
}

function requireBareId(scope: IConstruct, family: string, id: string): void {
  if (Token.isUnresolved(id)) return;
  requireNoArn(scope, family, id);
  const { prefix, bare } = splitId(id);
  if (prefix !== undefined) fail(scope, `'id' must be a foundation model's own id, got the inference profile '${id}': use ${family}.crossRegion(${geographyName(prefix)}, '${bare}')`);
  requireIdShape(scope, id);
  const reach = findReach(id);
  if (reach?.needsProfile) {
    const offered = reach.geographies.includes('global') ? 'global' : reach.geographies[0];
    fail(scope, `'${id}' is served through inference profiles only: use ${family}.crossRegion(${geographyName(offered)}, '${id}')`);
  }
}

function requireUnprefixedId(scope: IConstruct, family: string, { baseModelId = '', priceList: geography }: Route): void {
  if (geography === undefined) fail(scope, `'geography' of ${family}.crossRegion must be a Geography, such as Geography.GLOBAL, and then comes the model's id`);
  if (Token.isUnresolved(baseModelId)) return;
  requireNoArn(scope, family, baseModelId);
  const { prefix, bare } = splitId(baseModelId);
  if (prefix !== undefined) fail(scope, `'id' must be a foundation model's own id, got the inference profile '${baseModelId}': use ${family}.crossRegion(${geographyName(prefix)}, '${bare}')`);
  requireIdShape(scope, baseModelId);
}

/** A model that the catalogue does not know is welcome, a text that is no id of any model is a slip. */
function requireIdShape(scope: IConstruct, id: string): void {
  requirePattern(scope, 'id', id, /^[a-z0-9-]+\.[A-Za-z0-9._:-]+$/,
    "a model's id as Bedrock spells it, its provider, a dot and its name, such as 'amazon.nova-2-lite-v1:0' (aws bedrock list-foundation-models lists them)");
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

function requireArnOf(scope: IConstruct, family: string, kind: keyof typeof ARN_KINDS, arn: string): void {
  if (Token.isUnresolved(arn)) return;
  const kinds = ARN_KINDS[kind];
  if (kinds.some((name) => new RegExp(`^arn:[^:]+:bedrock:[^:]*:[^:]*:${name}/.+$`).test(arn))) return;
  fail(scope, `'arn' of ${family}.${kind} must be the ARN of a ${kinds.join(' or of an ')}, got '${arn}'`);
}

function requireFamily(scope: IConstruct, family: string, { baseModelId }: Route): void {
  const known = familyOf(baseModelId);
  if (known === undefined || known === family) return;
  fail(scope, `'${baseModelId}' ${DOES[known]}, so it is no ${family}: use ${known} where such a model is asked for, and here one that ${DOES[family]}, such as ${family}.standard()`);
}

function requireNoArn(scope: IConstruct, family: string, id: string): void {
  if (!id.startsWith('arn:')) return;
  fail(scope, `'id' must be a foundation model's own id, got the ARN '${id}': use ${family}.inferenceProfile, ${family}.provisioned or ${family}.custom for an ARN`);
}

function warnWhereDoubtful(scope: IConstruct, { kind, baseModelId, priceList }: Route): void {
  const reach = findReach(baseModelId);
  if (kind === 'crossRegion' && priceList !== undefined) warnOfFarGeography(scope, `the geography of '${baseModelId}'`, priceList, reach?.geographies);
  if (!reach) return;
  if (reach.retired) Annotations.of(scope).addWarningV2('cdk-genai-patterns:retiredModel', `Bedrock has retired '${baseModelId}'; choose a newer model`);
  if (kind === 'crossRegion' && priceList !== undefined && !reach.geographies.includes(priceList)) {
    const known = reach.geographies.length > 0 ? `through ${reach.geographies.join(', ')}` : 'without inference profiles';
    Annotations.of(scope).addWarningV2('cdk-genai-patterns:unknownGeography', `'${baseModelId}' was known to be offered ${known}, not through ${priceList}, when the catalogue was made; check that your account has this profile`);
  }
}
