import { holdToken, type Proof, readProof } from '../aws/proof';

/** Who asks to connect to a database as a user, told by a token of IAM; `host` as they were told it, with its port. */
export function readDatabaseToken(token: string, host: string, user: string, now = Date.now()): Proof {
  const proof = readProof(token, { service: 'rds-db', host, whose: 'the database' }, now);
  holdToken(proof.query.get('Action') === 'connect', 'it does not ask to connect');
  holdToken(proof.query.get('DBUser') === user, `it is for the user '${proof.query.get('DBUser')}', who asks is '${user}'`);
  return proof;
}
