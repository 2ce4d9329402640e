import { type Duration } from 'aws-cdk-lib';
import { type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { type Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type AuthBinding } from '../api/auth-binding';
import { type Traffic } from '../api/traffic';
import { type ChatEnv } from '../contract/chat';
import { type Build } from '../posture/build';

/** What a transport needs to know of the chat that it puts on the network. */
export interface ChatFront extends Build {
  readonly auth: AuthBinding;
  /** Whether there are conversations to come back to; where there are none, their routes are left out. */
  readonly keepsConversations: boolean;
  /** Whether files can be uploaded, and there are routes that take them. */
  readonly takesFiles: boolean;
  /** How long one turn may take. */
  readonly turnTimeout: Duration;
}

/** A chat on the network. */
export interface ChatEndpoint {
  /** Where the chat answers, with a slash at its end. */
  readonly url: string;
  /** The REST API behind the URL, where the transport makes one. */
  readonly api?: RestApi;
  /** Origins of web pages that may call. */
  readonly corsOrigins: string[];
  /** The load balancer behind the URL, where the transport makes one. */
  readonly loadBalancer?: ApplicationLoadBalancer;
  /** What the handler must know of how requests come in. */
  readonly environment: Pick<ChatEnv, 'TRANSPORT' | 'CALLER' | 'TOKENS' | 'CORS_ORIGINS'> & Partial<Pick<ChatEnv, 'SOCKET'>>;
  readonly traffic: Traffic;
  /** Lets somebody call the chat with IAM credentials. */
  grantInvoke(grantee: IGrantable): Grant;
}
