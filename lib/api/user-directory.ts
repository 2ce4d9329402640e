import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';

export interface UserDirectoryProps {
  readonly mfa?: cognito.Mfa;
  readonly customAttributes?: readonly string[];
  readonly deletionProtection: boolean;
}

/** What users may say of themselves. */
const PERSONAL: cognito.StandardAttributesMask = {
  address: true,
  birthdate: true,
  email: true,
  familyName: true,
  fullname: true,
  gender: true,
  givenName: true,
  lastUpdateTime: true,
  locale: true,
  middleName: true,
  nickname: true,
  phoneNumber: true,
  preferredUsername: true,
  profilePage: true,
  profilePicture: true,
  timezone: true,
  website: true,
};

function attribute() {
  return new cognito.StringAttribute({ mutable: true, maxLen: 2_048 });
}

/** A user pool that administrators fill, and the client with which browsers and apps sign users in. */
export class UserDirectory extends Construct {
  public readonly userPool: cognito.UserPool;
  public readonly userPoolClient: cognito.UserPoolClient;

  constructor(scope: Construct, id: string, props: UserDirectoryProps) {
    super(scope, id);
    this.userPool = this.defineUserPool(props);
    this.userPoolClient = this.defineClient(props);
  }

  private defineUserPool({ mfa, customAttributes, deletionProtection }: UserDirectoryProps) {
    return new cognito.UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      customAttributes: customAttributes?.length ? Object.fromEntries(customAttributes.map((name) => [name, attribute()])) : undefined,
      signInAliases: { email: true },
      mfa: mfa ?? cognito.Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true, tempPasswordValidity: Duration.days(3),
      },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      featurePlan: cognito.FeaturePlan.PLUS,
      standardThreatProtectionMode: cognito.StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private defineClient({ customAttributes }: UserDirectoryProps) {
    return this.userPool.addClient('Client', {
      authFlows: { userSrp: true },
      disableOAuth: true,
      generateSecret: false,
      // What says whose somebody is must not be theirs to say.
      writeAttributes: customAttributes?.length ? new cognito.ClientAttributes().withStandardAttributes(PERSONAL) : undefined,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      idTokenValidity: Duration.hours(1),
      accessTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(1),
    });
  }
}
