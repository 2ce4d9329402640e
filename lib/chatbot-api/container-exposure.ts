import { type IConstruct } from 'constructs';
import { type ApiDomain, requireDomain } from '../api/api-domain';

/** Where the load balancer of a container stands, and how it is spoken to. */
export interface Exposure {
  readonly internetFacing: boolean;
  /** The name and the certificate; absent speaks plain HTTP. */
  readonly domain?: ApiDomain;
}

/** Who can reach the load balancer of `Transport.container`, and how. Tokens travel through it, so that it speaks HTTPS unless told otherwise. */
export abstract class ContainerExposure {
  /** Everybody on the internet, by HTTPS under a name of yours. */
  public static internet(domain: ApiDomain): ContainerExposure {
    return new Named(true, domain);
  }

  /**
   * Whoever calls from an address of the VPC's own range, by HTTPS under a name of yours. Let in others, of a peered VPC or a VPN, by
   * `chat.loadBalancer.connections.allowFrom(...)`.
   */
  public static internal(domain: ApiDomain): ContainerExposure {
    return new Named(false, domain);
  }

  /**
   * Whoever calls from an address of the VPC's own range, by plain HTTP: tokens can be read on the way. For something in front that ends TLS, and
   * for trying out. Let in others, of a peered VPC or a VPN, by `chat.loadBalancer.connections.allowFrom(...)`.
   */
  public static internalHttp(): ContainerExposure {
    return new Plain();
  }

  /** @internal */
  public abstract _exposure(scope: IConstruct): Exposure;
}

class Named extends ContainerExposure {
  constructor(private readonly internetFacing: boolean, private readonly domain: ApiDomain) {
    super();
  }

  public _exposure(scope: IConstruct): Exposure {
    requireDomain(scope, this.domain);
    return { internetFacing: this.internetFacing, domain: this.domain };
  }
}

class Plain extends ContainerExposure {
  public _exposure(): Exposure {
    return { internetFacing: false };
  }
}

