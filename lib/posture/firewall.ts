import { Names } from 'aws-cdk-lib';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { type Construct } from 'constructs';
import { WebFirewall } from './web-firewall';
import { requireInteger, requirePattern } from '../internal/validation';

/** Options of `Firewall.managed`. */
export interface ManagedFirewallOptions {
  /**
   * Most requests of one address in five minutes, from 10 to 2,000,000,000; an office may have one address for all.
   *
   * @default 2000
   */
  readonly requestsPerAddress?: number;
}

/** What a firewall is put in front of, and how its log is kept. */
export interface FirewallPlacement {
  readonly resourceArn: string;
  readonly logRetention: RetentionDays;
  readonly encryptionKey?: IKey;
}

/**
 * A firewall (AWS WAF) in front of an API or a load balancer; paid for by the month and by the request.
 *
 * @example
 * new ChatbotApi(this, 'Chat', { transport: Transport.restStreaming({ firewall: Firewall.managed({ requestsPerAddress: 500 }) }) });
 */
export abstract class Firewall {
  /**
   * AWS's managed rules against known attacks and bad addresses, a limit by address, and a limit of size that lets long prompts through: rules that
   * take the body of a prompt for an attack on a web page count instead of blocking. Its log holds no body.
   */
  public static managed(options: ManagedFirewallOptions = {}): Firewall {
    return new ManagedFirewall(options);
  }

  /** A web ACL that is there already, of the same Region. See to it that no rule of it blocks bodies of more than 8 KB. */
  public static fromWebAclArn(webAclArn: string): Firewall {
    return new GivenFirewall(webAclArn);
  }

  /** @internal */
  public abstract _protect(scope: Construct, placement: FirewallPlacement): void;
}

class ManagedFirewall extends Firewall {
  constructor(private readonly options: ManagedFirewallOptions) {
    super();
  }

  public _protect(scope: Construct, { resourceArn, ...logs }: FirewallPlacement) {
    const { requestsPerAddress = 2000 } = this.options;
    requireInteger(scope, 'requestsPerAddress', requestsPerAddress, 10, 2_000_000_000);
    const { webAclArn } = new WebFirewall(scope, 'Firewall', { requestsPerAddress, name: Names.uniqueResourceName(scope, { separator: '-', maxLength: 200 }), ...logs });
    new CfnWebACLAssociation(scope, 'FirewallAssociation', { resourceArn, webAclArn });
  }
}

class GivenFirewall extends Firewall {
  constructor(private readonly webAclArn: string) {
    super();
  }

  public _protect(scope: Construct, { resourceArn }: FirewallPlacement) {
    requirePattern(scope, 'webAclArn', this.webAclArn, /^arn:[^:]+:wafv2:[^:]+:\d{12}:regional\/webacl\/.+/, 'the ARN of a regional web ACL');
    new CfnWebACLAssociation(scope, 'FirewallAssociation', { resourceArn, webAclArn: this.webAclArn });
  }
}
