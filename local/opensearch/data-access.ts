import type { Deployment } from '../assembly/deployment';
import { many, matchesWildcard, type OneOrMany } from '../iam/policy';

interface DataRule {
  readonly Rules: readonly { readonly ResourceType: string; readonly Resource: readonly string[]; readonly Permission: readonly string[] }[];
  readonly Principal: OneOrMany<string>;
}

/** Why a role may not do something with an index, named as `index/<collection>/<index>`: no permission of IAM is enough for it. */
export function dataRefusal(deployment: Deployment, roleArn: string, path: string, permission: string): string | undefined {
  const names = (patterns: readonly string[], name: string) => patterns.some((pattern) => matchesWildcard(pattern, name));
  const rules = dataRules(deployment).filter(({ Principal }) => many(Principal).includes(roleArn)).flatMap(({ Rules }) => Rules);
  const allowed = rules.some(({ ResourceType, Resource, Permission }) => ResourceType === 'index' && names(Resource, path) && names(Permission, permission));
  return allowed ? undefined : `no data access policy lets ${roleArn} do ${permission} on ${path}`;
}

function dataRules(deployment: Deployment): DataRule[] {
  return deployment.resources('AWS::OpenSearchServerless::AccessPolicy').flatMap((resource) => {
    const { Type, Policy } = deployment.properties(resource);
    return Type === 'data' ? JSON.parse(String(Policy)) as DataRule[] : [];
  });
}
