import { groupsIn } from '../../../lambda/kit/groups';

test.each<[string, Record<string, unknown>, string[]]>([
  ['of a Cognito token that API Gateway has read', { 'cognito:groups': 'staff,premium' }, ['staff', 'premium']],
  ['of a Cognito token that the handler has read', { 'cognito:groups': ['staff', 'premium'], 'groups': 'mine' }, ['staff', 'premium']],
  ['of a token of another issuer', { groups: ['staff', 7, ''] }, ['staff']],
  ['that an authorizer returned', { groups: ' staff, premium ,' }, ['staff', 'premium']],
  ['where there are none', {}, []],
])('reads the groups %s', (_, claims, groups) => {
  expect(groupsIn(claims)).toEqual(groups);
});
