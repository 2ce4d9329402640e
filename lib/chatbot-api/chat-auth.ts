import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as cognito from 'aws-cdk-lib/aws-cognito';
import { type Construct } from 'constructs';
import { type ChatBuild } from './chat-build';
import { OidcAuthorizer } from './oidc-authorizer';
import { UserDirectory } from './user-directory';

/** Where API Gateway puts the verified caller, who owns the conversations. */
export enum CallerIdentity {
  /** The `sub` claim of a Cognito token. */
  COGNITO = 'cognito',
  /** The principal that a Lambda authorizer returns. */
  AUTHORIZER = 'authorizer',
  /** The ARN of the IAM principal that signed the request, with its session; for people of a Cognito identity pool, their identity there. */
  IAM = 'iam',
  /** The id of the API key. */
  API_KEY = 'apiKey',
}

/** How an API authenticates, as made by a `ChatAuth`. */
export interface ChatAuthBinding {
  /** Where the verified caller is found. */
  readonly caller: CallerIdentity;

  /**
   * What checks a request.
   *
   * @default - API Gateway by itself, as `authorizationType` says
   */
  readonly authorizer?: apigateway.IAuthorizer;

  /**
   * The method's authorization type.
   *
   * @default - the authorizer's
   */
  readonly authorizationType?: apigateway.AuthorizationType;

  /**
   * Keys, one of which a request must carry.
   *
   * @default - a request needs no API key
   */
  readonly apiKeys?: apigateway.IApiKey[];

  /**
   * The users, where they live in Cognito.
   *
   * @default - users live elsewhere
   */
  readonly userPool?: cognito.IUserPool;

  /**
   * The client with which a web page or an app signs users in.
   *
   * @default - none is made
   */
  readonly userPoolClient?: cognito.UserPoolClient;
}

/** Options of `ChatAuth.newUserPool`. */
export interface NewUserPoolOptions {
  /**
   * Whether users must have a second factor, an authenticator app.
   *
   * @default cognito.Mfa.REQUIRED
   */
  readonly mfa?: cognito.Mfa;
}

/** Options of `ChatAuth.oidc`. */
export interface OidcAuthOptions {
  /** The issuer, exactly as tokens name it in `iss`, like `https://login.example.com/`. */
  readonly issuer: string;

  /** Accepted values of the token's `aud`, at least one. */
  readonly audience: string[];
}

/** Who may talk to the chat, and how they prove who they are. Conversations belong to the identity that is proved here. */
export abstract class ChatAuth {
  /** Users of a Cognito user pool, with the pool's ID token as bearer token. Without a pool, one is made as by `newUserPool()`. */
  public static cognito(userPool?: cognito.IUserPool): ChatAuth {
    return userPool ? new GivenUserPool(userPool) : ChatAuth.newUserPool();
  }

  /** Users of a Cognito user pool that is made here: administrators add users, nobody signs up by themselves, passwords never leave the browser. */
  public static newUserPool(options: NewUserPoolOptions = {}): ChatAuth {
    return new NewUserPool(options);
  }

  /** Users of any OpenID Connect issuer, with a signed token (RS256 or ES256) as bearer token; its `sub` owns the conversations. */
  public static oidc(options: OidcAuthOptions): ChatAuth {
    return new Oidc(options);
  }

  /** Callers with IAM credentials, who sign requests; let them in with `grantInvoke`. */
  public static iam(): ChatAuth {
    return new Iam();
  }

  /** Applications with an API key. Keys tell applications apart, not people: all users of a key share its conversations. Without keys, one is made. */
  public static apiKey(keys?: apigateway.IApiKey[]): ChatAuth {
    return new ApiKeys(keys);
  }

  /** Whoever a Lambda authorizer of yours lets in; the `principalId` that it returns owns the conversations. */
  public static lambda(authorizer: apigateway.IAuthorizer): ChatAuth {
    return new OwnAuthorizer(authorizer);
  }

  /** Defines what checks requests. */
  public abstract bind(scope: Construct, build: ChatBuild): ChatAuthBinding;
}

class GivenUserPool extends ChatAuth {
  constructor(private readonly userPool: cognito.IUserPool) {
    super();
  }

  public bind(scope: Construct): ChatAuthBinding {
    return cognitoBinding(scope, this.userPool);
  }
}

class NewUserPool extends ChatAuth {
  constructor(private readonly options: NewUserPoolOptions) {
    super();
  }

  public bind(scope: Construct, { posture }: ChatBuild): ChatAuthBinding {
    const { userPool, userPoolClient } = new UserDirectory(scope, 'Users', { ...this.options, deletionProtection: posture.deletionProtection });
    return { ...cognitoBinding(scope, userPool), userPoolClient };
  }
}

class Oidc extends ChatAuth {
  constructor(private readonly options: OidcAuthOptions) {
    super();
  }

  public bind(scope: Construct, build: ChatBuild): ChatAuthBinding {
    const { authorizer } = new OidcAuthorizer(scope, 'Oidc', { ...this.options, ...build });
    return { caller: CallerIdentity.AUTHORIZER, authorizer };
  }
}

class Iam extends ChatAuth {
  public bind(): ChatAuthBinding {
    return { caller: CallerIdentity.IAM, authorizationType: apigateway.AuthorizationType.IAM };
  }
}

class ApiKeys extends ChatAuth {
  constructor(private readonly keys?: apigateway.IApiKey[]) {
    super();
  }

  public bind(scope: Construct): ChatAuthBinding {
    const apiKeys = this.keys ?? [new apigateway.ApiKey(scope, 'ApiKey')];
    return { caller: CallerIdentity.API_KEY, authorizationType: apigateway.AuthorizationType.NONE, apiKeys };
  }
}

class OwnAuthorizer extends ChatAuth {
  constructor(private readonly authorizer: apigateway.IAuthorizer) {
    super();
  }

  public bind(): ChatAuthBinding {
    return { caller: CallerIdentity.AUTHORIZER, authorizer: this.authorizer };
  }
}

function cognitoBinding(scope: Construct, userPool: cognito.IUserPool): ChatAuthBinding {
  const authorizer = new apigateway.CognitoUserPoolsAuthorizer(scope, 'CognitoAuthorizer', { cognitoUserPools: [userPool], resultsCacheTtl: Duration.minutes(5) });
  return { caller: CallerIdentity.COGNITO, authorizer, userPool };
}
