import { type IConstruct } from 'constructs';
import { type ApiThrottling } from './api-throttling';
import { requireOrigins } from './origins';
import { requireRestDomain, type RestDomain } from './rest-domain';
import { type RestApiOptions } from './streaming-rest-api';
import { requireBetween, requireInteger, requireMade } from '../internal/validation';
import { type Firewall } from '../posture';

/** How a REST API that streams is put on the network. */
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
  readonly throttling?: ApiThrottling;

  /**
   * A name of your own; the API then answers under that name alone.
   *
   * @default - a name that API Gateway makes
   */
  readonly domain?: RestDomain;

  /**
   * A firewall in front of the API.
   *
   * @default - as the posture says: none, or `Firewall.managed()`
   */
  readonly firewall?: Firewall;
}

/** What was chosen, held to its rules, with what was not. */
export function restApiOptions(scope: IConstruct, options: RestStreamingOptions): RestApiOptions {
  const { stageName = 'prod', corsOrigins = [], domain, firewall, throttling: { rate = 50, burst = 100 } = {} } = options;
  requireInteger(scope, 'throttling.burst', burst, 1, 5_000);
  requireBetween(scope, 'throttling.rate', rate, 1, 10_000);
  requireOrigins(scope, corsOrigins);
  requireMade(scope, 'firewall', firewall, '_protect', 'Firewall, such as Firewall.managed()');
  requireRestDomain(scope, domain);
  return { stageName, corsOrigins, domain, firewall, throttling: { rate, burst } };
}
