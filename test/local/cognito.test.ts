import { CognitoJwtVerifier } from 'aws-jwt-verify';
import { Issuer, unsignedToken } from '../../local/cognito/issuer';

const issuer = new Issuer('us-east-1_abcdefghi', 'client');

test.each(['id', 'access'] as const)('mints %s tokens that AWS\'s own verifier takes', async (use) => {
  const verifier = CognitoJwtVerifier.create({ userPoolId: issuer.poolId, clientId: 'client', tokenUse: use });
  verifier.cacheJwks(issuer.jwks() as never);
  const claims = await verifier.verify(issuer.token('user-a', { use }));
  expect(claims).toMatchObject({ iss: 'https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abcdefghi', token_use: use });
  expect(issuer.verify(issuer.token('user-a', { use }), use)).toMatchObject({ claims: { sub: claims.sub } });
});

test('gives a user the same sub at every start, and another user another', () => {
  const sub = (user: string) => JSON.parse(Buffer.from(new Issuer('pool', 'c').token(user).split('.')[1], 'base64url').toString()).sub as string;
  expect(sub('user-a')).toBe(sub('user-a'));
  expect(sub('user-a')).not.toBe(sub('user-b'));
});

test('adds and replaces claims', () => {
  expect(issuer.verify(issuer.token('user-a', { claims: { 'cognito:groups': ['admins'], 'sub': 'other' } }), 'id')).toMatchObject({ claims: { 'cognito:groups': ['admins'], 'sub': 'other' } });
});

test('tells attributes of a pool\'s own, another value for each user', () => {
  const own = new Issuer('pool', 'c', ['tenant']);
  const claims = (user: string) => own.verify(own.token(user), 'id');
  expect([claims('user-a'), claims('user-b')]).toMatchObject([{ claims: { 'custom:tenant': 'tenant-a' } }, { claims: { 'custom:tenant': 'tenant-b' } }]);
});

test('says of an expired token that it has expired', () => {
  expect(issuer.verify(issuer.token('user-a', { expiresIn: -1 }), 'id')).toEqual({ refused: 'expired' });
});

const good = issuer.token('user-a');
test.each<[string, string]>([
  ['an empty text', ''], ['no token', 'a.b.c'], ['one part too many', `${good}.x`], ['an unsigned token', unsignedToken(good)],
  ['a token without signature', good.split('.').slice(0, 2).join('.')],
  ['a token of another pool with the same name', new Issuer(issuer.poolId, 'client').token('user-a')],
  ['a token of another issuer', issuer.token('user-a', { claims: { iss: 'https://evil.example' } })],
  ['a token without expiry', issuer.token('user-a', { claims: { exp: undefined } })],
  ['a token of the other use', issuer.token('user-a', { use: 'access' })],
])('refuses %s', (_, token) => {
  expect(issuer.verify(token, 'id')).toEqual({ refused: 'invalid' });
});
