import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { type Construct } from 'constructs';
import { type Posture } from '../posture';

/** Where API Gateway puts the verified caller, who owns the conversations. */
export enum CallerIdentity {
  /** The `sub` claim of a Cognito token. */
  COGNITO = 'cognito',
  /** The principal that an authorizer of yours returns. */
  AUTHORIZER = 'authorizer',
  /** The ARN of the IAM principal that signed the request. */
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
   * Whether a request must carry an API key of a usage plan.
   *
   * @default false
   */
  readonly apiKeyRequired?: boolean;

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

/** Who may talk to the chat, and how they prove who they are. */
export abstract class ChatAuth {
  /** Users of a Cognito user pool, with the pool's ID token as bearer token. Without a pool, one is made as by `newUserPool()`. */
  public static cognito(userPool?: cognito.IUserPool): ChatAuth {
    return userPool ? new GivenUserPool(userPool) : ChatAuth.newUserPool();
  }

  /** Users of a Cognito user pool that is made here: administrators add users, nobody signs up by themselves, passwords never leave the browser. */
  public static newUserPool(options: NewUserPoolOptions = {}): ChatAuth {
    return new NewUserPool(options);
  }

  /** Defines what checks requests. */
  public abstract bind(scope: Construct, posture: Posture): ChatAuthBinding;
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

  public bind(scope: Construct, posture: Posture): ChatAuthBinding {
    const userPool = this.defineUserPool(scope, posture);
    return { ...cognitoBinding(scope, userPool), userPoolClient: this.defineClient(userPool) };
  }

  private defineUserPool(scope: Construct, posture: Posture) {
    return new cognito.UserPool(scope, 'Users', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      mfa: this.options.mfa ?? cognito.Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true, tempPasswordValidity: Duration.days(3),
      },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      featurePlan: cognito.FeaturePlan.PLUS,
      standardThreatProtectionMode: cognito.StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: posture.deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private defineClient(userPool: cognito.UserPool) {
    return userPool.addClient('Client', {
      authFlows: { userSrp: true },
      disableOAuth: true,
      generateSecret: false,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      idTokenValidity: Duration.hours(1),
      accessTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(1),
    });
  }
}

function cognitoBinding(scope: Construct, userPool: cognito.IUserPool): ChatAuthBinding {
  return {
    caller: CallerIdentity.COGNITO,
    authorizer: new apigateway.CognitoUserPoolsAuthorizer(scope, 'CognitoAuthorizer', { cognitoUserPools: [userPool], resultsCacheTtl: Duration.minutes(5) }),
    userPool,
  };
}
