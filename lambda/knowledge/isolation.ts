import { joined } from './filter';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import { Forbidden } from '../kit/http';
import type { Filter, Passage, Scalar } from '../ports/passages';

/** Whose documents a caller may see. */
export interface Tenant {
  readonly field: string;
  readonly value: Scalar;
  /** Whether a document may belong to several. */
  readonly shared: boolean;
}

/** The caller's tenant, from what was verified of them and from nothing else. Undefined where documents are everybody's. */
export function tenantOf({ tenant, fields }: Pick<KnowledgePolicy, 'tenant' | 'fields'>, claims: Readonly<Record<string, unknown>>): Tenant | undefined {
  if (!tenant) return undefined;
  const { field, claim } = tenant;
  const type = fields.find(({ name }) => name === field)?.type ?? 'string';
  const said = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  const value = type === 'number' ? numberOf(said) : textOf(said);
  if (value === undefined && !isNothing(said)) {
    const [wanted, remedy] = type === 'number' ? ['a number of 15 digits at most', ', or have their field declared by MetadataField.text'] : ['a text', ''];
    throw new Forbidden('tenant_missing', `Documents here belong to tenants, which they say by ${wanted}, and what the claim '${claim}' holds is none: sign in with a token whose claim is one${remedy}.`);
  }
  if (value === undefined) {
    throw new Forbidden('tenant_missing', `Documents here belong to tenants, and nothing verified says which one is yours: sign in with a token that holds the claim '${claim}'.`);
  }
  return { field, value, shared: type === 'stringList' };
}

/** Who asks, as sources with access control lists know them, from what was verified and from nothing else. Undefined where nobody is named to them. */
export function userOf({ identity }: Pick<KnowledgePolicy, 'identity'>, claims: Readonly<Record<string, unknown>>): string | undefined {
  if (identity === undefined) return undefined;
  const user = Object.hasOwn(claims, identity) ? textOf(claims[identity]) : undefined;
  if (user === undefined) {
    throw new Forbidden('identity_missing', `Documents here are shown to those who may read them, and nothing verified says who you are: sign in with a token that holds the claim '${identity}'.`);
  }
  // Whoever may write an address down without showing that it is theirs may write another's.
  if (identity === 'email' && Object.hasOwn(claims, 'email_verified') && String(claims.email_verified) !== 'true') {
    throw new Forbidden('identity_unverified', 'Documents here are shown to those who may read them, and your address is not verified yet: verify it, and sign in again.');
  }
  return user;
}

/** What the caller asks for, within the tenant's own: the tenant stands outside of it, so that nothing in it can widen it. */
export function within(tenant: Tenant | undefined, filter: Filter | undefined): Filter | undefined {
  if (!tenant) return filter;
  const { field, value, shared } = tenant;
  return joined('all', [{ field, is: shared ? 'lists' : 'equals', value }, filter]);
}

/** Whether a passage may be shown. A service that passes over a filter, or an index that holds what it should not, must not show. */
export function belongsTo(tenant: Tenant | undefined, { metadata }: Pick<Passage, 'metadata'>): boolean {
  if (!tenant) return true;
  const owner = Object.hasOwn(metadata, tenant.field) ? metadata[tenant.field] : undefined;
  return tenant.shared ? Array.isArray(owner) && owner.includes(tenant.value) : owner === tenant.value;
}

function isNothing(said: unknown): boolean {
  return said === undefined || said === null || (typeof said === 'string' && said.trim() === '');
}

function textOf(said: unknown): string | undefined {
  const text = typeof said === 'number' ? isExact(said) ? String(said) : undefined : said;
  return typeof text === 'string' && text.trim() !== '' ? text : undefined;
}

function numberOf(said: unknown): number | undefined {
  const value = typeof said === 'string' && said.trim() !== '' ? Number(said) : said;
  return typeof value === 'number' && isExact(value) ? value : undefined;
}

/** Greater ones were rounded when they were read: two that are told apart elsewhere are one here. */
function isExact(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}
