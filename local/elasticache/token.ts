import { holdToken, readProof } from '../aws/proof';

export interface Connection {
  readonly accessKeyId: string;
  readonly region: string;
}

export interface TokenRules {
  /** @default 'elasticache' */
  readonly service?: 'elasticache' | 'memorydb';
  readonly now?: number;
}

/** Who asks to connect to a cache as a user, told by a token; an error says what is wrong with it, as ElastiCache never would. */
export function readToken(token: string, cache: string, user: string, { service = 'elasticache', now = Date.now() }: TokenRules = {}): Connection {
  const { accessKeyId, region, query } = readProof(token, { service, host: cache, whose: 'the cache' }, now);
  const resource = service === 'elasticache' ? 'ServerlessCache' : null;
  holdToken(query.get('Action') === 'connect' && query.get('ResourceType') === resource, `it does not ask to connect to ${resource ? 'a serverless cache' : 'a cluster'}`);
  holdToken(query.get('User') === user, `it is for the user '${query.get('User')}', who asks is '${user}'`);
  return { accessKeyId, region };
}
