import { type IApiKey, type MethodOptions } from 'aws-cdk-lib/aws-apigateway';
import { type IUserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { type CallerSource, type TokenRules } from '../contract/api';

/** How a chat finds out who asks, as made by a `ApiAuth`. Each transport takes of it what it can carry. */
export interface AuthBinding {
  /** Where the verified caller is found behind a REST API. */
  readonly caller: CallerSource;
  /** What proves who asks, for errors that speak of it. */
  readonly proof: string;
  /** Defines what a REST API checks a request by. */
  readonly restCheck: () => RestCheck;
  /** Tokens that a handler can verify itself; absent where only API Gateway or Lambda can tell who asks. */
  readonly tokens?: TokenRules;
  /** Claims of users' own attributes; absent where it is not known which tokens hold. */
  readonly customClaims?: readonly string[];
  readonly userPool?: IUserPool;
  readonly userPoolClient?: UserPoolClient;
}

/** How methods of a REST API check a request: by an authorizer, by a signature, or by keys of a usage plan. */
export interface RestCheck extends Pick<MethodOptions, 'authorizer' | 'authorizationType'> {
  readonly apiKeys?: IApiKey[];
}
