import { BasePathMapping, EndpointType, type IDomainName, type RestApi, SecurityPolicy } from 'aws-cdk-lib/aws-apigateway';
import { ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayDomain } from 'aws-cdk-lib/aws-route53-targets';
import { type Construct } from 'constructs';
import { type ApiDomain, requireDomain } from './api-domain';
import { fail, requireMade, requirePattern } from '../internal/validation';

/** Options of `RestDomain.own`. */
export interface OwnDomainOptions extends ApiDomain {
  /**
   * The first part of the path, for a name that is to lead to other APIs too: letters, digits, `-`, `_` and `.`. Others join it by
   * `RestDomain.shared(chat.api.domainName, …)`.
   *
   * @default - none: the name leads to this API alone
   */
  readonly basePath?: string;
}

/**
 * A name of your own for a REST API.
 *
 * @example
 * declare const domainName: DomainName;
 * const sales = Transport.restStreaming({ domain: RestDomain.shared(domainName, 'sales') });
 * const support = Transport.restStreaming({ domain: RestDomain.shared(domainName, 'support') });
 */
export abstract class RestDomain {
  /** A name that is made with the API and goes with it. */
  public static own(options: OwnDomainOptions): RestDomain {
    return new Own(options);
  }

  /**
   * A name that is there already and leads to several APIs, each under a path of its own.
   *
   * @param domainName a regional name of REST APIs, of the API's Region; the record that leads to it is yours
   * @param basePath the first part of the path, unlike those of the other APIs: letters, digits, `-`, `_` and `.`
   */
  public static shared(domainName: IDomainName, basePath: string): RestDomain {
    return new Shared(domainName, basePath);
  }

  /** @internal */
  public abstract _lead(scope: Construct, api: RestApi): string;
}

class Own extends RestDomain {
  constructor(private readonly options: OwnDomainOptions) {
    super();
  }

  public _lead(scope: Construct, api: RestApi): string {
    const { domainName, certificate, hostedZone, basePath } = this.options;
    requireDomain(scope, this.options);
    requireBasePath(scope, basePath);
    const domain = api.addDomainName('Domain', { domainName, certificate, basePath, endpointType: EndpointType.REGIONAL, securityPolicy: SecurityPolicy.TLS_1_2 });
    if (hostedZone) new ARecord(scope, 'Record', { zone: hostedZone, recordName: domainName, target: RecordTarget.fromAlias(new ApiGatewayDomain(domain)) });
    if (basePath !== undefined) takenOf(domain).add(basePath);
    return addressOf(domainName, basePath);
  }
}

class Shared extends RestDomain {
  constructor(private readonly domainName: IDomainName, private readonly basePath: string) {
    super();
  }

  public _lead(scope: Construct, restApi: RestApi): string {
    const { domainName, basePath } = this;
    if (domainName === undefined) fail(scope, "'domain.domainName' must be a name of REST APIs, such as new DomainName(this, 'Name', { domainName, certificate }) or the chat.api.domainName of another, got none");
    requireBasePath(scope, basePath ?? '');
    const taken = takenOf(domainName);
    if (taken.has(basePath)) fail(scope, `'domain.basePath' must be unlike those of other APIs under ${domainName.node.path}, got '${basePath}', which one of them has: choose another`);
    taken.add(basePath);
    new BasePathMapping(scope, 'Mapping', { domainName, basePath, restApi, stage: restApi.deploymentStage });
    return addressOf(domainName.domainName, basePath);
  }
}

/** What a transport was given, which may come from JavaScript. */
export function requireRestDomain(scope: Construct, domain: RestDomain | undefined) {
  requireMade(scope, 'domain', domain, '_lead', "RestDomain, such as RestDomain.own({ domainName: 'chat.example.com', certificate })");
}

function requireBasePath(scope: Construct, basePath: string | undefined) {
  requirePattern(scope, 'domain.basePath', basePath, /^[\w.-]+$/, "letters, digits, '-', '_' and '.', without a slash");
}

function addressOf(domainName: string, basePath: string | undefined): string {
  return `https://${domainName}/${basePath === undefined ? '' : `${basePath}/`}`;
}

/** The paths under a name that lead to an API; a second one would be refused only when it is deployed. */
const paths = new WeakMap<IDomainName, Set<string>>();

function takenOf(domainName: IDomainName): Set<string> {
  const taken = paths.get(domainName) ?? new Set();
  paths.set(domainName, taken);
  return taken;
}
