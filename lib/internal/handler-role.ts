import { createHash } from 'node:crypto';
import { type CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { type Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import { grantKeyThrough } from './key-grants';

/** IAM takes 6,144 characters in a managed policy; the rest is room for names that turn out longer than they are taken for. */
const POLICY_CHARACTERS = 5_000;

/** What a name or an ARN that the deployment makes up comes to. */
const TOKEN_CHARACTERS = 100;

/** What the partition, the Region or the account comes to. */
const PSEUDO_PARAMETER_CHARACTERS = 20;

/** Policies that are filled one after the other. */
interface Section {
  readonly policies: iam.ManagedPolicy[];
  characters: number;
}

/**
 * A role whose every permission stands in customer-managed policies: auditors want no inline policy, and the policies that AWS
 * manages for Lambda reach every log group. Whatever is granted to the role lands in `Permissions`, which holds no wildcard of ours, and
 * where that is full in `Permissions2` and so on.
 */
export class ServiceRole extends iam.Role {
  private readonly sections = new Map<string, Section>();
  private section = 'Permissions';

  /**
   * @param service who works under it
   * @param conditions for what the service may, where the service says so when it takes the role
   */
  constructor(scope: Construct, id: string, service: string, conditions?: Record<string, unknown>) {
    super(scope, id, { assumedBy: new iam.ServicePrincipal(service, { conditions }) });
  }

  public override addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    const permissions = this.policyWithRoom(charactersOf(statement));
    permissions.addStatements(statement);
    return { statementAdded: true, policyDependable: permissions };
  }

  /** What a caller of a service needs so that the service can use the key for it, and for nothing else. */
  public allowEncryption(key: IKey, service: string) {
    grantKeyThrough(this, this, key, [service]);
  }

  /**
   * Has what is granted within stand in policies of their own, whose logical ids change with what is `settled` by it. CloudFormation then makes the new policy beside
   * the old one, which it deletes at the end of an update, after what depended on it: until then what is replaced can be emptied, and its jobs ended. A statement that
   * changes within a policy is gone before.
   */
  public grantUntilReplaced<T>(section: string, grant: () => T, settled: (granted: T) => unknown): T {
    const before = this.section;
    this.section = section;
    const granted = grant();
    this.section = before;
    const stack = Stack.of(this);
    const version = createHash('sha256').update(JSON.stringify(stack.resolve(settled(granted)) ?? null)).digest('hex').slice(0, 8);
    for (const policy of this.sections.get(section)?.policies ?? []) {
      const resource = policy.node.defaultChild as CfnResource;
      resource.overrideLogicalId(`${stack.getLogicalId(resource)}${version}`);
    }
    return granted;
  }

  private policyWithRoom(characters: number): iam.ManagedPolicy {
    const section = this.sections.get(this.section) ?? { policies: [], characters: 0 };
    this.sections.set(this.section, section);
    if (section.policies.length === 0 || section.characters + characters > POLICY_CHARACTERS) {
      const { length } = section.policies;
      section.characters = 0;
      section.policies.push(new iam.ManagedPolicy(this, length === 0 ? this.section : `${this.section}${length + 1}`, { roles: [this] }));
    }
    section.characters += characters;
    return section.policies[section.policies.length - 1];
  }
}

/** What a statement comes to in its policy; IAM does not count blanks. */
function charactersOf(statement: iam.PolicyStatement): number {
  return JSON.stringify(statement.toStatementJson())
    .replace(/\$\{Token\[AWS[.:][^\]]*\]\}/g, 'x'.repeat(PSEUDO_PARAMETER_CHARACTERS))
    .replace(/[$#]\{Token\[[^\]]*\]\}/g, 'x'.repeat(TOKEN_CHARACTERS))
    .length;
}

/** The role of one handler: it writes to its own log group and sends traces; constructs grant the rest. */
export class HandlerRole extends ServiceRole {
  constructor(scope: Construct, id: string, logs: ILogGroup) {
    super(scope, id, 'lambda.amazonaws.com');
    this.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logs.logGroupArn] }));
    this.allowTracing();
  }

  private allowTracing() {
    const tracing = new iam.ManagedPolicy(this, 'Tracing', {
      roles: [this],
      statements: [new iam.PolicyStatement({ actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], resources: ['*'] })],
    });
    acknowledge(tracing, 'AwsSolutions-IAM5[Resource::*]',
      'X-Ray has no resource to name in these two actions: they only write trace data of this account.');
  }

  /** What Lambda needs to place the function in a VPC. */
  public allowNetworking() {
    const networking = new iam.ManagedPolicy(this, 'Networking', {
      roles: [this],
      statements: [new iam.PolicyStatement({
        actions: [
          'ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets', 'ec2:DeleteNetworkInterface',
          'ec2:AssignPrivateIpAddresses', 'ec2:UnassignPrivateIpAddresses',
        ],
        resources: ['*'],
      })],
    });
    acknowledge(networking, 'AwsSolutions-IAM5[Resource::*]',
      'Lambda makes the network interfaces of a function in a VPC under this role, before they have a name; AWS documents these actions on every resource.');
  }
}
