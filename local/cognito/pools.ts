import { Issuer } from './issuer';
import type { Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';

export const LOCAL_USERS = ['user-a', 'user-b'] as const;

export type UserTokens = Readonly<Record<string, string>>;

/** The user pools of a deployment, and those that it only names. */
export class UserPools {
  private readonly issuers = new Map<string, Issuer>();
  /** By stack: the pools that its APIs trust, then the others that it defines. */
  private readonly ofStacks = new Map<string, Set<Issuer>>();

  constructor(deployment: Deployment) {
    const clients = deployment.resources('AWS::Cognito::UserPoolClient').map((client) => ({
      pool: String(deployment.property(client, 'UserPoolId')), id: deployment.id(client),
    }));
    for (const pool of deployment.resources('AWS::Cognito::UserPool')) {
      const id = deployment.id(pool);
      this.issuers.set(id, new Issuer(id, clients.find((client) => client.pool === id)?.id ?? 'local-client', attributesOf(deployment.property(pool, 'Schema'))));
    }
    for (const authorizer of deployment.resources('AWS::ApiGateway::Authorizer')) {
      for (const arn of (deployment.property(authorizer, 'ProviderARNs') as string[] | undefined) ?? []) this.assign(authorizer, this.ofArn(arn));
    }
    for (const pool of deployment.resources('AWS::Cognito::UserPool')) this.assign(pool, this.ofArn(deployment.id(pool)));
  }

  /** The issuer of a pool; one that the template only names by its ARN gets an issuer here as well. */
  ofArn(arn: string): Issuer {
    const id = arn.split('/').pop() ?? arn;
    const known = this.issuers.get(id);
    if (known) return known;
    const issuer = new Issuer(id, 'local-client');
    this.issuers.set(id, issuer);
    return issuer;
  }

  /** The pool of the local users: the first there is, or one that no API trusts. */
  first(): Issuer {
    const [issuer] = this.issuers.values();
    return issuer ?? this.ofArn('local');
  }

  /** Fresh tokens of the local users, from the first pool. */
  tokens(): UserTokens {
    return tokensOf(this.first());
  }

  /** Fresh tokens of the local users, from one pool. */
  tokensOf(arn: string): UserTokens {
    return tokensOf(this.ofArn(arn));
  }

  /** Fresh tokens for each stack's API. A stack of several pools has one entry for each, the further ones with the pool's id. */
  tokensByStack(): Record<string, UserTokens> {
    return Object.fromEntries([...this.ofStacks].flatMap(([stack, issuers]) =>
      [...issuers].map((issuer, index) => [index === 0 ? stack : `${stack}/${issuer.poolId}`, tokensOf(issuer)])));
  }

  private assign({ stack }: Resource, issuer: Issuer): void {
    this.ofStacks.set(stack.name, (this.ofStacks.get(stack.name) ?? new Set<Issuer>()).add(issuer));
  }
}

/** Attributes of a pool's own that are texts. */
function attributesOf(schema: unknown): string[] {
  const all = (schema ?? []) as readonly { readonly Name: string; readonly AttributeDataType?: string }[];
  return all.filter(({ AttributeDataType: type }) => type === 'String').map(({ Name }) => Name).filter((name) => !STANDARD.has(name));
}

/** Attributes of a schema that every user has, and that are no `custom:` ones. */
const STANDARD = new Set([
  'address', 'birthdate', 'email', 'family_name', 'gender', 'given_name', 'locale', 'middle_name', 'name', 'nickname', 'phone_number', 'picture', 'preferred_username', 'profile', 'sub',
  'updated_at', 'website', 'zoneinfo',
]);

function tokensOf(issuer: Issuer): UserTokens {
  return Object.fromEntries(LOCAL_USERS.map((user) => [user, issuer.token(user)]));
}
