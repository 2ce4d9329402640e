import { type Construct } from 'constructs';
import { type ChatFront, type IChatEndpoint } from './chat-endpoint';
import { ChatRestApi } from './chat-rest-api';

/** Options of `Transport.restStreaming`. */
export interface RestStreamingOptions {
  /**
   * The first part of the API's path, letters, digits and underscores.
   *
   * @default 'prod'
   */
  readonly stageName?: string;
}

/** How requests and answers travel between the client and the chat. */
export abstract class Transport {
  /** A regional REST API that streams answers token by token, for up to 15 minutes a turn. */
  public static restStreaming(options: RestStreamingOptions = {}): Transport {
    return new RestStreaming(options);
  }

  /** Puts a chat on the network. */
  public abstract bind(scope: Construct, front: ChatFront): IChatEndpoint;
}

class RestStreaming extends Transport {
  constructor(private readonly options: RestStreamingOptions) {
    super();
  }

  public bind(scope: Construct, front: ChatFront): IChatEndpoint {
    return new ChatRestApi(scope, 'Rest', { ...front, stageName: this.options.stageName ?? 'prod' });
  }
}
