import { CustomResource, Duration, RemovalPolicy, Size, Stack, Token } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { AuroraPostgresEngineVersion, CfnDBCluster, CfnDBInstance, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledgeCluster } from './aurora-acknowledgements';
import { type StoreBinding, type VectorStoreBuild } from './store-binding';
import { credentialsArn, letReadSecret } from './store-credentials';
import { PGVECTOR_COLUMNS, PGVECTOR_DIMENSIONS, PGVECTOR_SCHEMA, type PgvectorSchemaEnv, type PgvectorTable } from '../contract/pgvector-schema';
import { BundledFunction } from '../internal/bundled-function';
import { EncryptedLogs } from '../internal/encrypted-logs';
import { type ServiceRole } from '../internal/handler-role';
import { nameUnlikeAnyOther, stackPart } from '../internal/physical-name';
import { fail, requireDuration, requirePattern } from '../internal/validation';
import { CalledService } from '../posture';
import { PrivateNetwork } from '../posture/private-network';

/** A cluster of Aurora PostgreSQL that you have, with its Data API on and pgvector 0.5 or newer. */
export interface ExistingAuroraCluster {
  /** The cluster's ARN. */
  readonly clusterArn: string;

  /** What logs in: `username` and `password` of who may make extensions, schemas and tables. */
  readonly credentials: ISecret;

  /** The database. */
  readonly database: string;
}

/** Options of `KnowledgeStore.auroraPgvector`. */
export interface AuroraPgvectorOptions {
  /**
   * The VPC that the cluster is in. Nothing connects to it there: Bedrock and the library speak to its Data API.
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

  /**
   * A cluster that you have, in which a table is made; then no other option can be given.
   *
   * @default - a cluster is made
   */
  readonly cluster?: ExistingAuroraCluster;
}

export interface AuroraStoreProps extends VectorStoreBuild, AuroraPgvectorOptions {}

/** A database that can be reached: by the Data API and what logs in. */
interface Database {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly database: string;
  /** Encrypts the secret, where it is one that can be named. */
  readonly secretKey?: IKey;
  readonly dependencies: Construct[];
}

const DATABASE = 'knowledge';
const ENGINE = AuroraPostgresEngineVersion.VER_17_5;
/** Not the one that everybody tries. */
const PORT = 54_320;

/** Aurora PostgreSQL with pgvector, and the table of one knowledge base. */
export class AuroraStore extends Construct {
  public readonly binding: StoreBinding;

  constructor(scope: Construct, id: string, props: AuroraStoreProps) {
    super(scope, id);
    this.requireValid(props);
    const handler = this.defineHandler(props);
    const database = props.cluster ? this.bindExisting(props.cluster) : this.defineDatabase(props, handler.placement);
    this.letQuery(props.role, database, ['rds-data:BatchExecuteStatement', 'rds-data:ExecuteStatement']);
    props.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['rds:DescribeDBClusters'], resources: [database.clusterArn] }));

    const table = tableNameOf(this, props);
    const schema = this.defineSchema(handler.schema, database, { Table: table, Dimension: `${props.vectors.dimension}` });
    this.binding = {
      storageConfiguration: {
        type: 'RDS',
        rdsConfiguration: {
          resourceArn: database.clusterArn,
          credentialsSecretArn: database.secretArn,
          databaseName: database.database,
          tableName: `${PGVECTOR_SCHEMA}.${table}`,
          fieldMapping: PGVECTOR_COLUMNS,
        },
      },
      searches: ['HYBRID', 'SEMANTIC'],
      settled: [table, props.encryptionKey?.keyArn],
      dependencies: [schema, ...database.dependencies],
    };
  }

  private requireValid({ vectors, cluster, vpc, vpcSubnets, minCapacity = 0, maxCapacity = 4, pauseAfter }: AuroraStoreProps) {
    if (vectors.binary) fail(this, "'embedding' must make float vectors with KnowledgeStore.auroraPgvector(), got binary ones: leave `binary` out, or take KnowledgeStore.openSearchServerless()");
    if (vectors.dimension > PGVECTOR_DIMENSIONS) {
      fail(this, `'embedding' must make vectors of at most ${PGVECTOR_DIMENSIONS} places with KnowledgeStore.auroraPgvector(), which indexes no longer ones, got ${vectors.dimension}: `
        + "name a shorter 'dimension' that the model offers, or take KnowledgeStore.s3Vectors()");
    }
    if (cluster && (vpc ?? vpcSubnets ?? pauseAfter)) fail(this, "'cluster' must stand alone, for what you have is not made again: leave the other options out, or 'cluster'");
    requirePattern(this, 'cluster.database', cluster?.database, /^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a name of 1 to 63 letters, digits and "_"');
    this.requireUnits('minCapacity', minCapacity, 0);
    this.requireUnits('maxCapacity', maxCapacity, Math.max(1, minCapacity));
    requireDuration(this, 'pauseAfter', pauseAfter, Duration.minutes(5), Duration.days(1));
    if (pauseAfter && minCapacity > 0) fail(this, `'pauseAfter' must be left out where the cluster never sleeps, got a time with 'minCapacity' ${minCapacity}: leave it out, or take 0`);
  }

  private requireUnits(prop: string, value: number, least: number) {
    if (!Token.isUnresolved(value) && !(value >= least && value <= 256 && Number.isInteger(value * 2))) fail(this, `'${prop}' must be between ${least} and 256 by halves, got ${value}`);
  }

  private defineHandler({ posture, logRetention, encryptionKey }: AuroraStoreProps) {
    let placement: ReturnType<typeof posture.placeFunction>;
    const schema = new BundledFunction<PgvectorSchemaEnv>(this, 'Schema', {
      bundle: 'pgvector-schema',
      description: 'Makes the table of a knowledge base',
      timeout: Duration.minutes(5),
      memory: Size.mebibytes(256),
      logRetention,
      encryptionKey,
      reservedConcurrency: posture.reservedConcurrency === undefined ? undefined : 1,
      // CloudFormation takes answers at an address of S3.
      place: (scope) => placement = posture.placeFunction(scope, [CalledService.RDS_DATA, CalledService.S3, CalledService.XRAY]),
    });
    return { schema, placement: placement! };
  }

  private bindExisting({ clusterArn, credentials, database }: ExistingAuroraCluster): Database {
    return { clusterArn, secretArn: credentialsArn(this, 'cluster.credentials', credentials), database, secretKey: credentials.encryptionKey, dependencies: [] };
  }

  private defineDatabase(props: AuroraStoreProps, placement: { vpc: IVpc; vpcSubnets: SubnetSelection } | undefined): Database {
    const { encryptionKey, logRetention, vpc, vpcSubnets } = props;
    const place = vpc ? { vpc, vpcSubnets } : placement ?? PrivateNetwork.of(this, { logRetention, encryptionKey }).placeDatabase(vpcSubnets);
    const { subnetIds } = place.vpc.selectSubnets({ ...place.vpcSubnets, onePerAz: true });
    if (!Token.isUnresolved(subnetIds) && subnetIds.length < 2) {
      fail(this, `'vpcSubnets' must be subnets of at least two zones, because Aurora lies in two, got ${subnetIds.length}: choose more, or a VPC with more zones`);
    }
    const cluster = this.defineCluster(props, place.vpc, subnetIds);
    const instance = new CfnDBInstance(this, 'Writer', {
      engine: 'aurora-postgresql',
      dbClusterIdentifier: cluster.ref,
      dbInstanceClass: 'db.serverless',
      publiclyAccessible: false,
      autoMinorVersionUpgrade: true,
      copyTagsToSnapshot: true,
    });
    acknowledgeCluster(cluster, instance);
    const { attrDbClusterArn: clusterArn, attrMasterUserSecretSecretArn: secretArn } = cluster;
    return { clusterArn, secretArn, database: DATABASE, secretKey: encryptionKey, dependencies: [instance] };
  }

  private defineCluster(props: AuroraStoreProps, vpc: IVpc, subnetIds: string[]) {
    const { posture, encryptionKey, logRetention: retention, minCapacity = 0, maxCapacity = 4, pauseAfter = Duration.minutes(5) } = props;
    const dbClusterIdentifier = nameUnlikeAnyOther(this, Stack.of(this).resolve([encryptionKey?.keyArn, subnetIds]), { separator: '-', maxLength: 50 });
    const logs = new EncryptedLogs(this, 'Logs', { retention, encryptionKey, logGroupName: `/aws/rds/cluster/${dbClusterIdentifier}/postgresql` });
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Knowledge in Aurora, which nobody connects to', allowAllOutbound: false });
    const cluster = new CfnDBCluster(this, 'Cluster', {
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
      port: PORT,
      serverlessV2ScalingConfiguration: { minCapacity, maxCapacity, secondsUntilAutoPause: minCapacity === 0 ? pauseAfter.toSeconds() : undefined },
      storageEncrypted: true,
      kmsKeyId: encryptionKey?.keyArn,
      backupRetentionPeriod: posture.snapshotRetention.toDays(),
      copyTagsToSnapshot: true,
      deletionProtection: posture.deletionProtection,
      enableCloudwatchLogsExports: ['postgresql'],
      dbSubnetGroupName: new CfnDBSubnetGroup(this, 'Subnets', { dbSubnetGroupDescription: `Subnets of ${this.node.path}`, subnetIds }).ref,
      vpcSecurityGroupIds: [securityGroup.securityGroupId],
    });
    cluster.applyRemovalPolicy(posture.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.SNAPSHOT);
    cluster.node.addDependency(logs);
    return cluster;
  }

  private letQuery(role: ServiceRole, { clusterArn, secretArn, secretKey }: Database, actions: string[]) {
    role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [clusterArn] }));
    letReadSecret(role, secretArn, secretKey);
  }

  private defineSchema(handler: BundledFunction<PgvectorSchemaEnv>, database: Database, table: PgvectorTable) {
    this.letQuery(handler.role, database, ['rds-data:ExecuteStatement']);
    const { clusterArn: CLUSTER_ARN, secretArn: SECRET_ARN, database: DATABASE_NAME } = database;
    handler.configure({ CLUSTER_ARN, SECRET_ARN, DATABASE: DATABASE_NAME, SERVICE: this.node.path.replaceAll('/', '-') });
    const schema = new CustomResource(this, 'Table', {
      resourceType: 'Custom::PgvectorTable', serviceToken: handler.function.functionArn, serviceTimeout: Duration.minutes(15), properties: { ...table },
    });
    schema.node.addDependency(handler, ...database.dependencies);
    return schema;
  }
}

/**
 * A name that tells this table from those of others in one database. Nothing of a table's vectors can be changed: another length is another table. A cluster that somebody
 * brings may hold the tables of many stacks, in which constructs have the same paths.
 */
function tableNameOf(scope: Construct, { vectors, cluster }: AuroraStoreProps): string {
  const own = `passages_${vectors.dimension}_${scope.node.addr.slice(-8)}`;
  return cluster ? `${own}_${stackPart()}` : own;
}
