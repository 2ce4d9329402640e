import { type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type Construct } from 'constructs';
import { type ChatEndpoint, type ChatFront } from './chat-endpoint';
import { type RestApiOptions, StreamingRestApi } from '../api/streaming-rest-api';
import { CLIENT_HEADERS, EXPOSED_HEADERS, routesOf } from '../contract/chat';

export interface ChatRestApiProps extends ChatFront, RestApiOptions {
  readonly handler: IFunction;
}

/** The chat as a regional REST API. */
export class ChatRestApi extends StreamingRestApi implements ChatEndpoint {
  public readonly environment: ChatEndpoint['environment'];

  constructor(scope: Construct, id: string, props: ChatRestApiProps) {
    super(scope, id, {
      ...props,
      description: 'OpenAI-compatible chat',
      routes: routesOf(props),
      headers: { sent: CLIENT_HEADERS, exposed: EXPOSED_HEADERS },
      timeout: props.turnTimeout,
    });
    this.environment = { TRANSPORT: 'rest', CALLER: props.auth.caller, TOKENS: '', CORS_ORIGINS: props.corsOrigins.join(',') };
  }
}
