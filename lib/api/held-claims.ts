import { type IConstruct } from 'constructs';
import { type AuthBinding } from './auth-binding';
import { fail } from '../internal/validation';

/** Refuses a claim that no token of the users that are made here would hold: every caller would be refused. */
export function requireHeldClaim(scope: IConstruct, prop: string, claim: string, { customClaims }: Pick<AuthBinding, 'customClaims'>) {
  if (!customClaims || !claim.startsWith('custom:') || customClaims.includes(claim)) return;
  const name = claim.slice('custom:'.length);
  fail(scope, `'${prop}' must be a claim that tokens hold, and those of the user pool that is made here hold ${customClaims.length === 0 ? 'no attributes of their own' : customClaims.join(', ')}, got '${claim}': `
    + `have it made with it, 'auth: ApiAuth.newUserPool({ customAttributes: ['${name}'] })', or give a pool of yours that has it, ApiAuth.cognito(pool)`);
}
