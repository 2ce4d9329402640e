/** The groups that the verified caller is in: a list in a token, a text of it where API Gateway has handed the token on, or what an authorizer returned. */
export function groupsIn(claims: Readonly<Record<string, unknown>>): readonly string[] {
  const said = claims['cognito:groups'] ?? claims.groups;
  const groups = typeof said === 'string' ? said.split(',') : Array.isArray(said) ? said.filter((group) => typeof group === 'string') : [];
  return groups.map((group) => group.trim()).filter((group) => group !== '');
}
