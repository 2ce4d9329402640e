import { ArnFormat, Aws, Fn, Names, Stack } from 'aws-cdk-lib';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { EncryptedLogs } from '../internal/encrypted-logs';

export interface WebFirewallProps {
  readonly requestsPerAddress: number;
  /** What the log group is called after. */
  readonly name: string;
  readonly logRetention: RetentionDays;
  readonly encryptionKey?: IKey;
}

/**
 * AWS's rule groups, in the order in which they are asked, and of each the rules that take a body for an attack: prompts are longer than 8 KB,
 * and quote scripts, paths, addresses and what exploits hold. They count, so that the logs still show them; no prompt is ever run or rendered by the API.
 */
const MANAGED_RULES = {
  AWSManagedRulesAmazonIpReputationList: [],
  AWSManagedRulesCommonRuleSet: ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY', 'GenericLFI_BODY', 'GenericRFI_BODY', 'EC2MetaDataSSRF_BODY'],
  AWSManagedRulesKnownBadInputsRuleSet: ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY'],
};

/**
 * More than 4.2 million bytes by the header that says so, where the handler takes 4 MiB. WAF sees the first 16 KB of a body, so that the
 * header alone tells how long it is; whoever sends none is counted by the API itself.
 */
const TOO_LONG = '^0*([1-9][0-9]{7,}|[5-9][0-9]{6}|4[2-9][0-9]{5})$';

/** Headers that prove who asks. */
const SECRETS = ['authorization', 'x-api-key', 'cookie', 'x-amz-security-token'];

/** Rules against what is no prompt, and a log of what they did. */
export class WebFirewall extends Construct {
  public readonly webAclArn: string;

  constructor(scope: Construct, id: string, props: WebFirewallProps) {
    super(scope, id);
    const acl = this.defineAcl(props);
    this.webAclArn = acl.attrArn;
    this.defineLogs(props);
  }

  private defineAcl({ requestsPerAddress }: WebFirewallProps) {
    const managed = Object.entries(MANAGED_RULES).map(([name, counted], priority) => this.managedRule(name, priority, counted));
    return new wafv2.CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: this.visibility('Firewall'),
      rules: [...managed, this.sizeRule(managed.length), this.rateRule(managed.length + 1, requestsPerAddress)],
    });
  }

  private managedRule(name: string, priority: number, counted: string[]): wafv2.CfnWebACL.RuleProperty {
    return {
      name,
      priority,
      overrideAction: { none: {} },
      visibilityConfig: this.visibility(name),
      statement: {
        managedRuleGroupStatement: { vendorName: 'AWS', name, ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })) },
      },
    };
  }

  private sizeRule(priority: number): wafv2.CfnWebACL.RuleProperty {
    return {
      name: 'BodyTooLong',
      priority,
      action: { block: { customResponse: { responseCode: 413 } } },
      visibilityConfig: this.visibility('BodyTooLong'),
      statement: {
        regexMatchStatement: { fieldToMatch: { singleHeader: { Name: 'content-length' } }, regexString: TOO_LONG, textTransformations: [{ priority: 0, type: 'NONE' }] },
      },
    };
  }

  private rateRule(priority: number, limit: number): wafv2.CfnWebACL.RuleProperty {
    return {
      name: 'RequestsPerAddress',
      priority,
      action: { block: { customResponse: { responseCode: 429 } } },
      visibilityConfig: this.visibility('RequestsPerAddress'),
      statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit } },
    };
  }

  private visibility(metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty {
    // A sampled request would show its headers in the console, tokens too.
    return { metricName: `${Names.uniqueResourceName(this, { maxLength: 80 })}${metricName}`, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
  }

  /** WAF writes to log groups of its own prefix only, so this one has a name; a part of the stack's id makes it new with every stack. */
  private defineLogs({ name, logRetention: retention, encryptionKey }: WebFirewallProps) {
    const stackPart = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
    const logs = new EncryptedLogs(this, 'Logs', { logGroupName: `aws-waf-logs-${name}-${stackPart}`, retention, encryptionKey });
    new wafv2.CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.webAclArn,
      // The log group's own ARN ends in `:*`, which WAF does not take.
      logDestinationConfigs: [Stack.of(this).formatArn({ service: 'logs', resource: 'log-group', resourceName: logs.logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
      redactedFields: SECRETS.map((header) => ({ singleHeader: { Name: header } })),
    });
  }
}
