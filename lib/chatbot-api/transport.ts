import { type Construct } from 'constructs';
import { type ChatCode, type ChatHost, functionHost } from './chat-host';
import { ChatRestApi } from './chat-rest-api';
import { requireOpenness } from './chatbot-api-rules';

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

/** How requests and answers travel between the client and the chat, and with it where the chat's code runs. */
export abstract class Transport {
  /** A regional REST API that streams answers token by token, for up to 15 minutes a turn. */
  public static restStreaming(options: RestStreamingOptions = {}): Transport {
    return new RestStreaming(options);
  }

  /** @internal */
  public abstract _host(scope: Construct, code: ChatCode): ChatHost;
}

class RestStreaming extends Transport {
  constructor(private readonly options: RestStreamingOptions) {
    super();
  }

  public _host(scope: Construct, code: ChatCode): ChatHost {
    const { stageName = 'prod', corsOrigins = [], throttling: { rate = 50, burst = 100 } = {} } = this.options;
    requireOpenness(scope, { rate, burst }, corsOrigins);
    return functionHost(scope, code, (handler, front) => new ChatRestApi(scope, 'Rest', { ...front, handler, stageName, corsOrigins, throttling: { rate, burst } }));
  }
}
