import { countedGroup, groupsIn } from '../../../lambda/kit/groups';

test.each<[string, Record<string, unknown>, string[]]>([
  ['of a Cognito token that API Gateway has read', { 'cognito:groups': 'staff,premium' }, ['staff', 'premium']],
  ['of a Cognito token that the handler has read', { 'cognito:groups': ['staff', 'premium'], 'groups': 'mine' }, ['staff', 'premium']],
  ['of a token of another issuer', { groups: ['staff', 7, ''] }, ['staff']],
  ['that an authorizer returned', { groups: ' staff, premium ,' }, ['staff', 'premium']],
  ['where there are none', {}, []],
])('reads the groups %s', (_, claims, groups) => {
  expect(groupsIn(claims)).toEqual(groups);
});

test.each<[string, string[] | undefined, string[], string | undefined]>([
  ['as the first of the named groups that they are in', ['premium', 'trial'], ['staff', 'trial', 'premium'], 'premium'],
  ['as another where they are in none of them', ['premium'], ['staff'], 'other'],
  ['as another where they are in none at all', ['premium'], [], 'other'],
  ['as nobody where no groups were named', undefined, ['premium'], undefined],
])('counts callers %s', (_, named, groups, counted) => {
  expect(countedGroup(named, groups)).toBe(counted);
});
