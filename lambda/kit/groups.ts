import { OTHER_GROUPS } from '../../lib/contract/chat-groups';

/** The groups that the verified caller is in: a list in a token, a text of it where API Gateway has handed the token on, or what an authorizer returned. */
export function groupsIn(claims: Readonly<Record<string, unknown>>): readonly string[] {
  const said = claims['cognito:groups'] ?? claims.groups;
  const groups = typeof said === 'string' ? said.split(',') : Array.isArray(said) ? said.filter((group) => typeof group === 'string') : [];
  return groups.map((group) => group.trim()).filter((group) => group !== '');
}

/** The group as which a caller is counted; none where the builder named no groups, so that no caller makes a metric of their own. */
export function countedGroup(named: readonly string[] | undefined, groups: readonly string[]): string | undefined {
  return named && (named.find((group) => groups.includes(group)) ?? OTHER_GROUPS);
}
