import { type Construct } from 'constructs';
import { type ApiThrottling } from '../api';
import { type ChatEndpoint } from './chat-endpoint';
import { ChatFunctionUrl, requireOwnProof } from './chat-function-url';
import { type ChatCode, type ChatHost, functionHost } from './chat-host';
import { ChatRestApi } from './chat-rest-api';
import { ChatService } from './chat-service';
import { ChatWebSocket } from './chat-web-socket';
import { type ContainerOptions } from './container-options';
import { requireTaskSize } from './task-size';
import { requireOrigins } from '../api/origins';
import { restApiOptions, type RestStreamingOptions } from '../api/rest-streaming-options';
import { fail, requireBetween, requireInteger, requireMade } from '../internal/validation';
import { CalledService } from '../posture';

/** Options of `Transport.functionUrl`. */
export interface FunctionUrlOptions {
  /**
   * Origins of the web pages that may call from a browser, like `https://chat.example.com`.
   *
   * @default - none
   */
  readonly corsOrigins?: string[];

  /**
   * Most requests at once, set aside for the chat out of the account's limit, at least 1; further ones are answered 429.
   *
   * @default - as the posture says: the account's limit, or what it sets aside
   */
  readonly concurrency?: number;
}

/** Options of `Transport.webSocket`. */
export interface WebSocketOptions {
  /**
   * The path of the socket, letters, digits and underscores.
   *
   * @default 'prod'
   */
  readonly stageName?: string;

  /**
   * How many messages and new connections are taken from everybody together before API Gateway refuses them.
   *
   * @default - 50 a second, 100 at once
   */
  readonly throttling?: ApiThrottling;

  /**
   * Origins of the web pages that may upload attachments from a browser, like `https://chat.example.com`. Sockets are opened by whoever has a
   * token, from any page.
   *
   * @default - none
   */
  readonly corsOrigins?: string[];
}

/** How requests and answers travel between the client and the chat, and with it where the chat's code runs. */
export abstract class Transport {
  /** A regional REST API that streams answers token by token, for up to 15 minutes a turn. */
  public static restStreaming(options: RestStreamingOptions = {}): Transport {
    return new RestStreaming(options);
  }

  /**
   * The URL of the chat's function: no API in between, so nothing but Lambda is paid, and nothing but Lambda protects it. The handler verifies
   * tokens itself; with `ApiAuth.iam()` Lambda checks signatures. Not in a VPC, where Lambda does not promise that URLs stream: neither with
   * `Posture.regulated()` nor with a cache.
   */
  public static functionUrl(options: FunctionUrlOptions = {}): Transport {
    return new LambdaUrl(options);
  }

  /**
   * A WebSocket API: a client opens one connection and has many turns over it, which go on when it drops. Who asks is checked when the connection
   * is opened, by a token or a signature.
   */
  public static webSocket(options: WebSocketOptions = {}): Transport {
    return new WebSocket(options);
  }

  /**
   * A server in tasks on Fargate behind an Application Load Balancer, in your VPC: for steady load, for turns of every length, and for networks that
   * the internet does not reach. The load balancer and at least one task are paid for by the hour. Without Docker: tasks run the public image of Node.js.
   */
  public static container(options: ContainerOptions): Transport {
    return new Container(options);
  }

  /** @internal */
  public abstract _host(scope: Construct, code: ChatCode): ChatHost;
}

class RestStreaming extends Transport {
  constructor(private readonly options: RestStreamingOptions) {
    super();
  }

  public _host(scope: Construct, code: ChatCode): ChatHost {
    const options = restApiOptions(scope, this.options);
    return functionHost(scope, code, (handler, front) => new ChatRestApi(scope, 'Rest', { ...front, ...options, handler }));
  }
}

class LambdaUrl extends Transport {
  constructor(private readonly options: FunctionUrlOptions) {
    super();
  }

  public _host(scope: Construct, code: ChatCode): ChatHost {
    const { corsOrigins = [], concurrency } = this.options;
    requireOrigins(scope, corsOrigins);
    requireInteger(scope, 'concurrency', concurrency, 1, 100_000);
    requireOwnProof(scope, code.auth, 'Transport.functionUrl()', true);
    const parts = code.auth.tokens ? [...code.parts, 'tokens'] : code.parts;
    return functionHost(scope, { ...code, parts }, (handler, front) => new ChatFunctionUrl(scope, 'FunctionUrl', { ...front, handler, corsOrigins }), concurrency);
  }
}

class WebSocket extends Transport {
  constructor(private readonly options: WebSocketOptions) {
    super();
  }

  public _host(scope: Construct, code: ChatCode): ChatHost {
    const { stageName = 'prod', corsOrigins = [], throttling: { rate = 50, burst = 100 } = {} } = this.options;
    requireInteger(scope, 'throttling.burst', burst, 1, 5_000);
    requireBetween(scope, 'throttling.rate', rate, 1, 10_000);
    requireOrigins(scope, corsOrigins);
    const wired = { ...code, parts: [...code.parts, 'socket'], calls: [...code.calls, CalledService.DYNAMODB, CalledService.CONNECTIONS] };
    const host = functionHost(scope, wired, (handler, front): ChatEndpoint =>
      new ChatWebSocket(scope, 'Socket', { ...front, handler, role: host.role, stageName, corsOrigins, throttling: { rate, burst } }));
    return { ...host, turnsAreEvents: true };
  }
}

class Container extends Transport {
  constructor(private readonly options: ContainerOptions) {
    super();
  }

  public _host(scope: Construct, code: ChatCode): ChatHost {
    const { exposure, corsOrigins = [], firewall, minTasks = 2, maxTasks = 10 } = this.options;
    if (exposure === undefined) fail(scope, "'exposure' must say who reaches the load balancer, such as ContainerExposure.internet({ domainName, certificate }), got none");
    requireMade(scope, 'exposure', exposure, '_exposure', 'ContainerExposure, such as ContainerExposure.internet({ domainName, certificate })');
    requireMade(scope, 'firewall', firewall, '_protect', 'Firewall, such as Firewall.managed()');
    requireOrigins(scope, corsOrigins);
    requireTaskSize(scope, this.options);
    requireInteger(scope, 'minTasks', minTasks, 1, 1_000);
    requireInteger(scope, 'maxTasks', maxTasks, minTasks, 5_000, ", at least 'minTasks'");
    requireOwnProof(scope, code.auth, 'Transport.container()', false);
    return new ChatService(scope, 'Service', { ...this.options, code, exposure: exposure._exposure(scope) });
  }
}
