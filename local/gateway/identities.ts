import { randomBytes } from 'node:crypto';
import type { LocalIdentity } from './signature';
import { arn } from '../assembly/identity';
import { LOCAL_USERS } from '../cognito/pools';

/** An IAM identity for each local user. */
export function localIdentities(): Map<string, LocalIdentity> {
  return new Map(LOCAL_USERS.map((user) => [user, {
    accessKeyId: `AKIALOCAL${user.replace(/\W/g, '').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
    arn: arn('iam', `user/${user}`, ''),
  }]));
}
