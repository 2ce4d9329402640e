import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import { type Construct } from 'constructs';
import { type AuthBinding } from './auth-binding';
import { OidcAuthorizer, requireIssuer } from './oidc-authorizer';
import { UserDirectory } from './user-directory';
import { requireCount, requirePattern, requireSome } from '../internal/validation';
import { type Build } from '../posture/build';

/** Options of `ApiAuth.newUserPool`. */
export interface NewUserPoolOptions {
  /**
   * Whether users must have a second factor, an authenticator app.
   *
   * @default cognito.Mfa.REQUIRED
   */
  readonly mfa?: cognito.Mfa;

  /**
   * Names of attributes that users have beyond the standard ones, such as `tenant`: each a text of at most 2048 characters, which administrators write and users cannot.
   * Tokens hold them as claims, `custom:tenant`. Cognito takes up to 50, and none can be taken away again.
   *
   * @default - none
   */
  readonly customAttributes?: string[];
}

/** Options of `ApiAuth.oidc`. */
export interface OidcAuthOptions {
  /** The issuer, exactly as tokens name it in `iss`, like `https://login.example.com/`. */
  readonly issuer: string;

  /** Accepted values of the token's `aud`, at least one. */
  readonly audience: string[];
}

/** Who may talk to the chat, and how they prove who they are. Conversations belong to the identity that is proved here. */
export abstract class ApiAuth {
  /** Users of a Cognito user pool, with the pool's ID token as bearer token. Without a pool, one is made as by `newUserPool()`. */
  public static cognito(userPool?: cognito.IUserPool): ApiAuth {
    return userPool ? new GivenUserPool(userPool) : ApiAuth.newUserPool();
  }

  /** Users of a Cognito user pool that is made here: administrators add users, nobody signs up by themselves, passwords never leave the browser. */
  public static newUserPool(options: NewUserPoolOptions = {}): ApiAuth {
    return new NewUserPool(options);
  }

  /** Users of any OpenID Connect issuer, with a signed token (RS256 or ES256) as bearer token; its `sub` owns the conversations. */
  public static oidc(options: OidcAuthOptions): ApiAuth {
    return new Oidc(options);
  }

  /** Callers with IAM credentials, who sign requests; let them in with `grantInvoke`. */
  public static iam(): ApiAuth {
    return new Iam();
  }

  /** Applications with an API key. Keys tell applications apart, not people: all users of a key share its conversations. Without keys, one is made. */
  public static apiKey(keys?: apigateway.IApiKey[]): ApiAuth {
    return new ApiKeys(keys);
  }

  /** Whoever a Lambda authorizer of yours lets in; the `principalId` that it returns owns the conversations. */
  public static lambda(authorizer: apigateway.IAuthorizer): ApiAuth {
    return new OwnAuthorizer(authorizer);
  }

  /** @internal */
  public abstract _bind(scope: Construct, build: Build): AuthBinding;
}

class GivenUserPool extends ApiAuth {
  constructor(private readonly userPool: cognito.IUserPool) {
    super();
  }

  public _bind(scope: Construct): AuthBinding {
    return cognitoBinding(scope, this.userPool);
  }
}

class NewUserPool extends ApiAuth {
  constructor(private readonly options: NewUserPoolOptions) {
    super();
  }

  public _bind(scope: Construct, { posture }: Build): AuthBinding {
    const { customAttributes = [] } = this.options;
    requireCount(scope, 'auth.customAttributes', customAttributes, 0, 50);
    customAttributes.forEach((name, at) => requirePattern(scope, `auth.customAttributes[${at}]`, name, /^[A-Za-z][A-Za-z0-9_.-]{0,19}$/, "the name of an attribute of 1 to 20 letters, digits, _, . or -, without 'custom:'"));
    const { userPool, userPoolClient } = new UserDirectory(scope, 'Users', { ...this.options, deletionProtection: posture.deletionProtection });
    return { ...cognitoBinding(scope, userPool), userPoolClient, customClaims: customAttributes.map((name) => `custom:${name}`) };
  }
}

class Oidc extends ApiAuth {
  constructor(private readonly options: OidcAuthOptions) {
    super();
  }

  public _bind(scope: Construct, build: Build): AuthBinding {
    const { issuer, audience } = this.options;
    requireIssuer(scope, this.options);
    return {
      caller: 'authorizer',
      proof: 'tokens of an OpenID Connect issuer',
      tokens: { issuer, audience },
      restCheck: once(() => ({ authorizer: new OidcAuthorizer(scope, 'Oidc', { ...this.options, ...build }).authorizer })),
    };
  }
}

class Iam extends ApiAuth {
  public _bind(): AuthBinding {
    return { caller: 'iam', proof: 'signatures of IAM credentials', restCheck: () => ({ authorizationType: apigateway.AuthorizationType.IAM }) };
  }
}

class ApiKeys extends ApiAuth {
  constructor(private readonly keys?: apigateway.IApiKey[]) {
    super();
  }

  public _bind(scope: Construct): AuthBinding {
    requireSome(scope, 'auth.keys', this.keys, "new ApiKey(this, 'Key')");
    return {
      caller: 'apiKey',
      proof: 'API keys',
      restCheck: once(() => ({ authorizationType: apigateway.AuthorizationType.NONE, apiKeys: this.keys ?? [new apigateway.ApiKey(scope, 'ApiKey')] })),
    };
  }
}

class OwnAuthorizer extends ApiAuth {
  constructor(private readonly authorizer: apigateway.IAuthorizer) {
    super();
  }

  public _bind(): AuthBinding {
    return { caller: 'authorizer', proof: 'answers of a Lambda authorizer', restCheck: () => ({ authorizer: this.authorizer }) };
  }
}

function cognitoBinding(scope: Construct, userPool: cognito.IUserPool): AuthBinding {
  const issuer = `https://${userPool.userPoolProviderName}`;
  return {
    caller: 'cognito',
    proof: 'tokens of a Cognito user pool',
    userPool,
    // As API Gateway's own authorizer: the ID token of any client of the pool.
    tokens: { issuer, keys: `${issuer}/.well-known/jwks.json`, use: 'id' },
    restCheck: once(() => ({
      authorizer: new apigateway.CognitoUserPoolsAuthorizer(scope, 'CognitoAuthorizer', { cognitoUserPools: [userPool], resultsCacheTtl: Duration.minutes(5) }),
    })),
  };
}

/** What is defined when it is first asked for: a transport that cannot carry it must not find it in its stack. */
function once<Value>(define: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= define());
}
