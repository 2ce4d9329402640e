import { createHash } from 'node:crypto';
import { Names } from 'aws-cdk-lib';
import * as bedrock from 'aws-cdk-lib/aws-bedrock';
import { Construct } from 'constructs';
import { requireReachable } from './reach';
import { applicationRoute, type Route } from './routes';
import { fail, requireLength } from '../internal/validation';

export interface ProfileProps {
  readonly tags?: { [key: string]: string };
  readonly description?: string;
}

/** A changed source makes a new profile, and a name serves one profile at a time: so the name changes with the source. */
export function defineProfile(scope: Construct, id: string, family: string, source: Route, { tags = {}, description }: ProfileProps): Route {
  if (source?.kind !== 'foundation' && source?.kind !== 'crossRegion') {
    fail(scope, `'source' must be made by ${family}.foundation or ${family}.crossRegion, got ${source ? `${family}.${source.kind}` : 'something else'}`);
  }
  requireReachable(scope, family, source);
  requireLength(scope, 'description', description, 1, 200);

  const container = new Construct(scope, id);
  const copied = createHash('sha256').update(source.modelId).digest('hex').slice(0, 8);
  const name = `${Names.uniqueResourceName(container, { maxLength: 55 })}-${copied}`;
  const profile = new bedrock.CfnApplicationInferenceProfile(container, 'Resource', {
    inferenceProfileName: name,
    description,
    modelSource: { copyFrom: source.profiles[0] ?? source.models[0] },
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  });
  return applicationRoute(profile.attrInferenceProfileArn, name, source);
}
