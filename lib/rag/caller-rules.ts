import { Annotations } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type AuthBinding } from '../api/auth-binding';
import { requireHeldClaim } from '../api/held-claims';
import { fail } from '../internal/validation';
import { type TenantIsolation } from '../knowledge';

interface Isolation {
  readonly retrieval?: { readonly tenant?: TenantIsolation; readonly identity?: string };
}

/** Refuses tenants where nothing that proves who asks could name one: nobody would find anything. */
export function requireFittingProof(scope: IConstruct, { retrieval }: Isolation, auth: AuthBinding) {
  const { caller, proof } = auth;
  const { tenant, identity } = retrieval ?? {};
  const claim = tenant?.claim ?? identity;
  if (claim === undefined) return;
  requireHeldClaim(scope, tenant ? 'retrieval.tenant.claim' : 'retrieval.identity', claim, auth);
  if (caller !== 'iam' && caller !== 'apiKey') return;
  fail(scope, `'retrieval.${tenant ? 'tenant' : 'identity'}' must be left out with ${proof}, because they hold no claims and every caller would be refused, got the claim '${claim}': `
    + 'take ApiAuth.cognito(), ApiAuth.oidc() or ApiAuth.lambda(), whose proofs do');
}

/** A grant that nothing reads leaves its author waiting for a caller who is refused. */
export function warnOfIdleGrant(scope: IConstruct, { caller }: AuthBinding) {
  if (caller === 'iam') return;
  Annotations.of(scope).addWarningV2('cdk-genai-patterns:grantWithoutEffect',
    "grantInvoke lets nobody in here, because requests are not signed with IAM credentials: give it 'auth: ApiAuth.iam()', or leave the grant out");
}
