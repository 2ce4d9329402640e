import { ArnFormat, Aws, Fn, Names, Stack } from 'aws-cdk-lib';
import { CfnClientCertificate, type CfnStage, type Stage } from 'aws-cdk-lib/aws-apigateway';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { EncryptedLogs } from '../internal/encrypted-logs';

export interface ApiProtectionProps {
  readonly stage: Stage;
  readonly logRetention: RetentionDays;
  readonly encryptionKey: IKey;
}

/** AWS's rule groups, in the order in which they are asked. */
const MANAGED_RULES = ['AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet'];

/**
 * Rules that take a body for an attack on a web page: prompts are longer than 8 KB, and quote scripts, paths and addresses.
 * They count, so that the logs still show them; no prompt is ever run or rendered by the API.
 */
const COUNTED = ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY', 'GenericLFI_BODY', 'GenericRFI_BODY', 'EC2MetaDataSSRF_BODY'];

/** Most requests of one address in five minutes. */
const REQUESTS_PER_ADDRESS = 2000;

/** A firewall in front of a stage, its log, and a certificate that tells a backend that it is this API that calls. */
export class ApiProtection extends Construct {
  constructor(scope: Construct, id: string, { stage, logRetention, encryptionKey }: ApiProtectionProps) {
    super(scope, id);

    const certificate = new CfnClientCertificate(this, 'ClientCertificate', {});
    (stage.node.defaultChild as CfnStage).clientCertificateId = certificate.ref;
    const firewall = this.defineFirewall();
    new wafv2.CfnWebACLAssociation(this, 'Association', { resourceArn: stage.stageArn, webAclArn: firewall.attrArn });
    this.defineLogs(firewall, logRetention, encryptionKey);
  }

  private defineFirewall() {
    return new wafv2.CfnWebACL(this, 'Firewall', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: this.visibility('Firewall'),
      rules: [...MANAGED_RULES.map((name, priority) => this.managedRule(name, priority)), this.rateRule(MANAGED_RULES.length)],
    });
  }

  private managedRule(name: string, priority: number): wafv2.CfnWebACL.RuleProperty {
    const counted = name === 'AWSManagedRulesCommonRuleSet' ? COUNTED : [];
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

  private rateRule(priority: number): wafv2.CfnWebACL.RuleProperty {
    return {
      name: 'RequestsPerAddress',
      priority,
      action: { block: {} },
      visibilityConfig: this.visibility('RequestsPerAddress'),
      statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit: REQUESTS_PER_ADDRESS } },
    };
  }

  private visibility(metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty {
    return { metricName: `${Names.uniqueResourceName(this, { maxLength: 80 })}${metricName}`, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
  }

  /** WAF writes to log groups of its own prefix only, so this one has a name; a part of the stack's id makes it new with every stack. */
  private defineLogs(firewall: wafv2.CfnWebACL, retention: RetentionDays, encryptionKey: IKey) {
    const stackPart = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
    const logs = new EncryptedLogs(this, 'FirewallLogs', {
      logGroupName: `aws-waf-logs-${Names.uniqueResourceName(this, { separator: '-', maxLength: 200 })}-${stackPart}`,
      retention,
      encryptionKey,
    });
    new wafv2.CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: firewall.attrArn,
      // The log group's own ARN ends in `:*`, which WAF does not take.
      logDestinationConfigs: [Stack.of(this).formatArn({ service: 'logs', resource: 'log-group', resourceName: logs.logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
      redactedFields: [{ singleHeader: { Name: 'authorization' } }, { singleHeader: { Name: 'x-api-key' } }],
    });
  }
}
