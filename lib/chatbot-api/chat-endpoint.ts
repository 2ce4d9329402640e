import { type Duration } from 'aws-cdk-lib';
import { type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ChatAuthBinding } from './chat-auth';
import { type ChatBuild } from './chat-build';

/** How many requests the API takes from everybody together before it answers 429. */
export interface ChatThrottling {
  /**
   * Requests a second over time, at least 1.
   *
   * @default 50
   */
  readonly rate?: number;

  /**
   * Requests at once, at least 1.
   *
   * @default 100
   */
  readonly burst?: number;
}

/** What a transport needs to know of the chat that it puts on the network. */
export interface ChatFront extends ChatBuild {
  /** The handler that answers. */
  readonly handler: IFunction;

  /** Who may call. */
  readonly auth: ChatAuthBinding;

  /** Whether there are conversations to come back to; where there are none, their routes are left out. */
  readonly keepsConversations: boolean;

  /** How long one turn may take. */
  readonly turnTimeout: Duration;
}

/** A chat on the network. */
export interface IChatEndpoint {
  /** Where the chat answers, with a slash at its end. */
  readonly url: string;

  /** The REST API behind the URL, where the transport makes one. */
  readonly api?: RestApi;

  /** Origins of web pages that the handler's answers are for; the transport answers what browsers ask before. */
  readonly corsOrigins: string[];

  /** Lets somebody call the chat with IAM credentials. */
  grantInvoke(grantee: IGrantable): Grant;
}
