import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { AuroraPostgresEngineVersion, CfnDBCluster, CfnDBInstance, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import { type Construct, type IConstruct } from 'constructs';
import { acknowledgeCluster } from './aurora-acknowledgements';
import { EncryptedLogs } from '../internal/encrypted-logs';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { fail, requireDuration } from '../internal/validation';
import { type Build } from '../posture/build';

/** A cluster of Aurora PostgreSQL that is made: where it lies, and what it may grow to. */
export interface AuroraClusterOptions {
  /**
   * The VPC that the cluster is in.
   *
   * @default - the VPC of the posture; with Posture.standard() one without a way to the internet, one a stack
   */
  readonly vpc?: IVpc;

  /**
   * Subnets of the VPC, in two zones at least.
   *
   * @default - private or isolated subnets
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Least capacity, in units of about 2 GB of memory, from 0 to 256 by halves. With 0 it sleeps when nobody asks, and is not paid for then.
   *
   * @default 0
   */
  readonly minCapacity?: number;

  /**
   * Most capacity, from 1 to 256 by halves.
   *
   * @default 4
   */
  readonly maxCapacity?: number;

  /**
   * How long nobody asks before it sleeps, from 5 minutes to a day, where `minCapacity` is 0.
   *
   * @default Duration.minutes(5)
   */
  readonly pauseAfter?: Duration;
}

export interface AuroraPlace {
  readonly vpc: IVpc;
  readonly vpcSubnets: SubnetSelection;
}

export interface AuroraClusterProps extends Build, AuroraClusterOptions {
  /** Where it lies, once that is known. */
  readonly place: AuroraPlace;
  /** What the rules of its network say of it. */
  readonly description: string;
}

/** A database that can be reached by the Data API. */
export interface DataApiDatabase {
  readonly clusterArn: string;
  /** What logs in, with the rights to make extensions, schemas, users and tables. */
  readonly secretArn: string;
  readonly database: string;
  /** Encrypts the secret, where it is one that can be named. */
  readonly secretKey?: IKey;
  readonly dependencies: readonly Construct[];
}

export interface AuroraDatabase extends DataApiDatabase {
  readonly cluster: CfnDBCluster;
  readonly securityGroup: SecurityGroup;
}

const DATABASE = 'knowledge';
const ENGINE = AuroraPostgresEngineVersion.VER_17_5;
/** Not the one that everybody tries. */
export const AURORA_PORT = 54_320;

/** What capacity may be; `props` name what was given. */
export function requireValidCluster(scope: IConstruct, { minCapacity = 0, maxCapacity = 4, pauseAfter }: AuroraClusterOptions) {
  requireUnits(scope, 'minCapacity', minCapacity, 0);
  requireUnits(scope, 'maxCapacity', maxCapacity, Math.max(1, minCapacity));
  requireDuration(scope, 'pauseAfter', pauseAfter, Duration.minutes(5), Duration.days(1));
  if (pauseAfter && minCapacity > 0) fail(scope, `'pauseAfter' must be left out where the cluster never sleeps, got a time with 'minCapacity' ${minCapacity}: leave it out, or take 0`);
}

function requireUnits(scope: IConstruct, prop: string, value: number, least: number) {
  if (!Token.isUnresolved(value) && !(value >= least && value <= 256 && Number.isInteger(value * 2))) fail(scope, `'${prop}' must be between ${least} and 256 by halves, got ${value}`);
}

/** Aurora PostgreSQL, serverless, with one writer, its Data API and log-ins by IAM on. */
export function defineAuroraCluster(scope: Construct, props: AuroraClusterProps): AuroraDatabase {
  const { vpc, vpcSubnets } = props.place;
  const { subnetIds } = vpc.selectSubnets({ ...vpcSubnets, onePerAz: true });
  if (!Token.isUnresolved(subnetIds) && subnetIds.length < 2) {
    fail(scope, `'vpcSubnets' must be subnets of at least two zones, because Aurora lies in two, got ${subnetIds.length}: choose more, or a VPC with more zones`);
  }
  const securityGroup = new SecurityGroup(scope, 'SecurityGroup', { vpc, description: props.description, allowAllOutbound: false });
  const cluster = defineCluster(scope, props, securityGroup, subnetIds);
  const instance = new CfnDBInstance(scope, 'Writer', {
    engine: 'aurora-postgresql',
    dbClusterIdentifier: cluster.ref,
    dbInstanceClass: 'db.serverless',
    publiclyAccessible: false,
    autoMinorVersionUpgrade: true,
    copyTagsToSnapshot: true,
  });
  acknowledgeCluster(cluster, instance);
  const { attrDbClusterArn: clusterArn, attrMasterUserSecretSecretArn: secretArn } = cluster;
  return { cluster, securityGroup, clusterArn, secretArn, database: DATABASE, secretKey: props.encryptionKey, dependencies: [instance] };
}

function defineCluster(scope: Construct, props: AuroraClusterProps, securityGroup: SecurityGroup, subnetIds: string[]) {
  const { posture, encryptionKey, logRetention: retention, minCapacity = 0, maxCapacity = 4, pauseAfter = Duration.minutes(5) } = props;
  const dbClusterIdentifier = nameUnlikeAnyOther(scope, Stack.of(scope).resolve([encryptionKey?.keyArn, subnetIds]), { separator: '-', maxLength: 50 });
  const logs = new EncryptedLogs(scope, 'Logs', { retention, encryptionKey, logGroupName: `/aws/rds/cluster/${dbClusterIdentifier}/postgresql` });
  const cluster = new CfnDBCluster(scope, 'Cluster', {
    dbClusterIdentifier,
    engine: 'aurora-postgresql',
    engineVersion: ENGINE.auroraPostgresFullVersion,
    databaseName: DATABASE,
    masterUsername: 'knowledge',
    // The service keeps the password, and changes it every week.
    manageMasterUserPassword: true,
    masterUserSecret: encryptionKey && { kmsKeyId: encryptionKey.keyArn },
    enableHttpEndpoint: true,
    enableIamDatabaseAuthentication: true,
    port: AURORA_PORT,
    serverlessV2ScalingConfiguration: { minCapacity, maxCapacity, secondsUntilAutoPause: minCapacity === 0 ? pauseAfter.toSeconds() : undefined },
    storageEncrypted: true,
    kmsKeyId: encryptionKey?.keyArn,
    backupRetentionPeriod: posture.snapshotRetention.toDays(),
    copyTagsToSnapshot: true,
    deletionProtection: posture.deletionProtection,
    enableCloudwatchLogsExports: ['postgresql'],
    dbSubnetGroupName: new CfnDBSubnetGroup(scope, 'Subnets', { dbSubnetGroupDescription: `Subnets of ${scope.node.path}`, subnetIds }).ref,
    vpcSecurityGroupIds: [securityGroup.securityGroupId],
  });
  cluster.applyRemovalPolicy(posture.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.SNAPSHOT);
  cluster.node.addDependency(logs);
  return cluster;
}
