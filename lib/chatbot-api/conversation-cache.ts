import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type ISecurityGroup, type IVpc, Port, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { CfnServerlessCache, CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type CacheReference } from '../contract/conversations';
import { type ServiceRole } from '../internal/handler-role';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { fail } from '../internal/validation';
import { type AlarmRules } from '../observability/alarm-set';
import { type Chart } from '../observability/operations-dashboard';
import { type Build } from '../posture/build';

export interface ConversationCacheProps extends Build {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  /** Whose calls it takes. */
  readonly callers: ISecurityGroup[];
}

/** The writer answers on the first, its copies on the second. */
const PORTS = Port.tcpRange(6379, 6380);

/** A serverless cache lies in two or three zones. */
const LEAST_SUBNETS = 2;
const MOST_SUBNETS = 3;

/** What the handler's scripts do; scripts run with the rights of who calls them. */
const COMMANDS = [
  'ping', 'info', 'cluster|slots', 'cluster|info', 'client|setname', 'eval', 'evalsha', 'script|load', 'script|exists',
  'exists', 'del', 'persist', 'pexpire', 'hget', 'hmget', 'hgetall', 'hset', 'hsetnx', 'hdel', 'hincrby', 'zadd', 'zrem', 'zrange',
];

/** A serverless cache of Valkey that keeps conversations, and the one user who may speak to it. */
export class ConversationCache extends Construct {
  /** How the handler finds it. */
  public readonly reference: CacheReference;

  private readonly cache: CfnServerlessCache;
  private readonly user: CfnUser;

  constructor(scope: Construct, id: string, props: ConversationCacheProps) {
    super(scope, id);
    this.requireZones(props);
    const name = this.nameFor(props);
    this.user = this.defineUser(name);
    this.cache = this.defineCache(name, props);
    this.reference = { name, user: name, endpoint: `${this.cache.attrEndpointAddress}:${this.cache.attrEndpointPort}` };
  }

  public grantConnect(role: ServiceRole) {
    Grant.addToPrincipal({ grantee: role, actions: ['elasticache:Connect'], resourceArns: [this.cache.attrArn, this.user.attrArn] });
  }

  public get charts(): Chart[] {
    return [
      {
        title: 'Cache',
        unit: 'requests',
        lines: [this.metric('ThrottledCmds', 'Throttled'), this.metric('AuthenticationFailures', 'Not let in'), this.metric('Evictions', 'Things dropped for room')],
      },
      { title: 'Kept in the cache', unit: 'bytes', lines: [this.metric('BytesUsedForCache', 'Conversations', Stats.MAXIMUM)] },
    ];
  }

  public get alarms(): AlarmRules {
    return {
      CacheEvictions: {
        metric: this.metric('Evictions'),
        above: 0,
        periods: 1,
        means: 'The cache is full and has dropped parts of conversations before their time.',
        next: 'keep conversations for a shorter time, or ask for a higher limit of storage; what is gone is in the daily snapshots.',
      },
    };
  }

  private requireZones({ vpc, vpcSubnets }: ConversationCacheProps) {
    const subnets = subnetsOf(vpc, vpcSubnets);
    // How many a list has that is imported from another stack is known at deploy time only.
    if (!Token.isUnresolved(subnets) && subnets.length < LEAST_SUBNETS) {
      fail(this, `'conversations.memory.vpcSubnets' must be subnets of at least ${LEAST_SUBNETS} zones, because a serverless cache lies in two or three, got ${subnets.length}: choose more subnets, or a VPC with more zones`);
    }
  }

  private metric(metricName: string, label?: string, statistic: string = Stats.SUM) {
    return new Metric({ namespace: 'AWS/ElastiCache', metricName, dimensionsMap: { clusterId: this.cache.serverlessCacheName }, statistic, label, period: Duration.minutes(5) });
  }

  private defineUser(name: string) {
    return new CfnUser(this, 'User', {
      engine: 'valkey',
      userId: name,
      userName: name,
      authenticationMode: { Type: 'iam' },
      accessString: `on ~{owner#* -@all ${COMMANDS.map((command) => `+${command}`).join(' ')}`,
    });
  }

  private defineCache(name: string, { vpc, callers, encryptionKey, posture, ...props }: ConversationCacheProps) {
    const users = new CfnUserGroup(this, 'Users', { engine: 'valkey', userGroupId: name, userIds: [this.user.ref] });
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Conversations in Valkey', allowAllOutbound: false });
    callers.forEach((caller) => caller.connections.allowTo(securityGroup, PORTS, 'Conversations in Valkey'));
    return new CfnServerlessCache(this, 'Cache', {
      serverlessCacheName: name,
      description: 'Conversations',
      engine: 'valkey',
      majorEngineVersion: '8',
      subnetIds: subnetsOf(vpc, props.vpcSubnets),
      securityGroupIds: [securityGroup.securityGroupId],
      userGroupId: users.ref,
      kmsKeyId: encryptionKey?.keyArn,
      snapshotRetentionLimit: posture.snapshotRetention.toDays(),
      // A cache is paid for by the hour, so it goes with its stack; what it held stays as a snapshot.
      finalSnapshotName: `${name}-final`,
    });
  }

  /** ElastiCache wants a name, which has to differ from stack to stack, and from the cache that it takes the place of. */
  private nameFor({ vpc, vpcSubnets, encryptionKey }: ConversationCacheProps): string {
    return nameUnlikeAnyOther(this, Stack.of(this).resolve([subnetsOf(vpc, vpcSubnets), encryptionKey?.keyArn]), { separator: '-', maxLength: 39 });
  }
}

function subnetsOf(vpc: IVpc, vpcSubnets?: SubnetSelection): string[] {
  return vpc.selectSubnets({ ...vpcSubnets, onePerAz: true }).subnetIds.slice(0, MOST_SUBNETS);
}
