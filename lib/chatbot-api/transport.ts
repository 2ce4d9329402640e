import { type Construct } from 'constructs';
import { type ChatFront, type ChatThrottling, type IChatEndpoint } from './chat-endpoint';
import { ChatRestApi } from './chat-rest-api';
import { requireOpenness } from './chatbot-api-rules';

/** Options of `Transport.restStreaming`. */
export interface RestStreamingOptions {
  /**
   * The first part of the API's path, letters, digits and underscores.
   *
   * @default 'prod'
   */
  readonly stageName?: string;

  /**
   * Origins of the web pages that may call from a browser, like `https://chat.example.com`.
   *
   * @default - none
   */
  readonly corsOrigins?: string[];

  /**
   * How many requests are taken from everybody together before the API answers 429.
   *
   * @default - 50 a second, 100 at once
   */
  readonly throttling?: ChatThrottling;
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
    const { stageName = 'prod', corsOrigins = [], throttling: { rate = 50, burst = 100 } = {} } = this.options;
    requireOpenness(scope, { rate, burst }, corsOrigins);
    return new ChatRestApi(scope, 'Rest', { ...front, stageName, corsOrigins, throttling: { rate, burst } });
  }
}
