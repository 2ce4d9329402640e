import { Annotations } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type ChatQuotas } from './chat-quotas';
import { type AuthBinding } from '../api/auth-binding';
import { fail } from '../internal/validation';
import { type BoundModels } from '../model/bound-models';

const WITH_GROUPS = 'take ApiAuth.cognito(), ApiAuth.oidc() or ApiAuth.lambda(), whose proofs do';

/** Refuses limits and rules for groups where nothing that proves who asks could name one; they would hold for nobody. */
export function requireFittingAuth(scope: IConstruct, quotas: ChatQuotas | undefined, models: BoundModels, auth: AuthBinding) {
  if (quotas?.user && auth.caller === 'apiKey') {
    Annotations.of(scope).addWarningV2('cdk-genai-patterns:quotasByKey',
      "'quotas.user' counts by API key here, because a key does not tell its users apart: all who share one share what a caller may take. Acknowledge this where a key is one caller");
  }
  if (namesGroups(auth)) return;
  if (quotas?.groups?.length) {
    fail(scope, `'quotas.groups' must be left out with ${auth.proof}, because they name no groups and nobody would be limited, got '${quotas.groups[0].name}': limit 'quotas.user', or ${WITH_GROUPS}`);
  }
  const [rule] = models.rulesForGroups;
  if (rule) {
    fail(scope, `'rules' of the router must not ask for RequestTrait.userGroup with ${auth.proof}, because they name no groups and the rule would fit nobody, got it in '${rule}': leave the rule out, or ${WITH_GROUPS}`);
  }
}

/** Groups that nobody is known to be in are paid for and stay empty. */
export function warnOfUnknownGroups(scope: IConstruct, auth: AuthBinding) {
  if (namesGroups(auth)) return;
  Annotations.of(scope).addWarningV2('cdk-genai-patterns:groupsWithoutMembers',
    `addGroupMetrics counts every turn as 'other' here, because ${auth.proof} name no groups: ${WITH_GROUPS}, or leave the groups out`);
}

function namesGroups({ caller }: AuthBinding): boolean {
  return caller !== 'iam' && caller !== 'apiKey';
}
