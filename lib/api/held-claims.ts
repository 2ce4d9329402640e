import { type IConstruct } from 'constructs';
import { type AuthBinding } from './auth-binding';
import { fail } from '../internal/validation';

/** Claims of ID tokens by which a user pool tells its standard attributes: an attribute of its own may be called like one of them. */
const STANDARD_CLAIMS = [
  'sub', 'address', 'birthdate', 'email', 'email_verified', 'family_name', 'gender', 'given_name', 'locale', 'middle_name', 'name', 'nickname', 'phone_number',
  'phone_number_verified', 'picture', 'preferred_username', 'profile', 'updated_at', 'website', 'zoneinfo',
];

/** Refuses a claim that no token of the users that are made here would hold: every caller would be refused. */
export function requireHeldClaim(scope: IConstruct, prop: string, claim: string, { customClaims }: Pick<AuthBinding, 'customClaims'>) {
  if (!STANDARD_CLAIMS.includes(claim) && customClaims?.includes(`custom:${claim}`)) {
    fail(scope, `'${prop}' must be a claim that tokens hold, and those of the user pool that is made here hold its attribute '${claim}' as 'custom:${claim}', got '${claim}': write 'custom:${claim}'`);
  }
  if (!customClaims || !claim.startsWith('custom:') || customClaims.includes(claim)) return;
  const name = claim.slice('custom:'.length);
  fail(scope, `'${prop}' must be a claim that tokens hold, and those of the user pool that is made here hold ${customClaims.length === 0 ? 'no attributes of their own' : customClaims.join(', ')}, got '${claim}': `
    + `have it made with it, 'auth: ApiAuth.newUserPool({ customAttributes: ['${name}'] })', or give a pool of yours that has it, ApiAuth.cognito(pool)`);
}
