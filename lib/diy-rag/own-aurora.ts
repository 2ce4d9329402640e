import { ArnFormat, Stack, Token } from 'aws-cdk-lib';
import { type Connections, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IDatabaseCluster } from 'aws-cdk-lib/aws-rds';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type IndexBuild, type StoreBinding } from './store-binding';
import { PGVECTOR_PASSAGES, PGVECTOR_USERS } from '../contract/passage-stores';
import { stackPart } from '../internal/physical-name';
import { fail, requireMade, requirePattern } from '../internal/validation';
import { AURORA_PORT, type AuroraClusterOptions, type DataApiDatabase, defineAuroraCluster, requireValidCluster } from '../rag/aurora-cluster';
import { DatabaseNetwork } from '../rag/database-network';
import { defineSchemaMaker, makeSchema } from '../rag/pgvector-schema';
import { credentialsArn } from '../rag/store-credentials';

/**
 * A cluster of Aurora PostgreSQL 15 or newer that you have, with pgvector 0.8 or newer, its Data API and log-ins by IAM on. Passages get a schema and users of their own
 * in it, which go with the stack; the rest of the cluster is not touched.
 */
export interface ExistingVectorCluster {
  /** The cluster, its endpoint, security groups, ARN and resource identifier known. */
  readonly cluster: IDatabaseCluster;

  /** What logs in while the stack is deployed: `username` and `password` of who may make extensions, schemas and users. */
  readonly credentials: ISecret;

  /** The database. */
  readonly database: string;

  /** The VPC that the cluster is in; functions run in it that search and write. */
  readonly vpc: IVpc;

  /**
   * The subnets that functions run in. In isolated ones endpoints are made for what they call; others have to lead to AWS, such as by a NAT gateway.
   *
   * @default - private subnets
   */
  readonly vpcSubnets?: SubnetSelection;
}

/** Options of `VectorStore.auroraPgvector`. Functions that search and write run in the VPC of the cluster, and in the same subnets. */
export interface AuroraVectorStoreOptions extends AuroraClusterOptions {
  /**
   * A cluster that you have; then no other option can be given.
   *
   * @default - a cluster is made
   */
  readonly cluster?: ExistingVectorCluster;
}

export interface OwnAuroraProps extends IndexBuild, AuroraVectorStoreOptions {}

/** A database that takes connections too. */
interface Server extends DataApiDatabase {
  readonly host: string;
  readonly port: number;
  /** As grants name it. */
  readonly resourceId: string;
  readonly connections: Connections;
}

/** Aurora PostgreSQL with pgvector, and a schema in it whose tables are made at runtime. */
export class OwnAurora extends Construct {
  public readonly binding: StoreBinding;
  private readonly schema: string;
  private readonly server: Server;

  constructor(scope: Construct, id: string, props: OwnAuroraProps) {
    super(scope, id);
    this.requireValid(props);
    const maker = defineSchemaMaker(this, props, 'Makes the users and the schema of a store of passages');
    const { vpc, vpcSubnets } = props.cluster ?? props;
    const network = new DatabaseNetwork(this, { ...props, placement: maker.placement, vpc, vpcSubnets });
    this.server = props.cluster ? this.bindExisting(props.cluster) : this.defineServer(props, network);
    // A cluster that somebody brings may hold the stores of many stacks, in which constructs have the same paths.
    this.schema = props.cluster ? `${PGVECTOR_PASSAGES}_${this.node.addr.slice(-8)}_${stackPart()}` : PGVECTOR_PASSAGES;
    makeSchema(this, maker, this.server, { Schema: this.schema });

    const { server: { host, port, database, resourceId }, schema } = this;
    this.binding = {
      reference: { kind: 'pgvector', host, port, database, schema },
      calls: [],
      place: network.placeBeside(this.server.connections, port),
      settled: [resourceId, schema],
      words: true,
      textFilters: true,
      letWrite: (role) => this.letConnect(role, 'writes'),
      letSearch: (grantee) => this.letConnect(grantee, 'reads'),
      letManage: (role) => this.letConnect(role, 'owns'),
    };
  }

  private requireValid(props: OwnAuroraProps) {
    const { cluster, vpc, vpcSubnets, minCapacity, maxCapacity, pauseAfter } = props;
    if (cluster && (vpc ?? vpcSubnets ?? minCapacity ?? maxCapacity ?? pauseAfter) !== undefined) {
      fail(this, "'cluster' must stand alone, for what you have is not made again: leave the other options out, or 'cluster'");
    }
    requireValidCluster(this, props);
    if (!cluster) return;
    requireMade(this, 'cluster.cluster', cluster.cluster, 'grantConnect', "a cluster, such as DatabaseCluster.fromDatabaseClusterAttributes(this, 'Cluster', { … })");
    requireMade(this, 'cluster.vpc', cluster.vpc, 'selectSubnets', "a VPC, such as Vpc.fromLookup(this, 'Vpc', { vpcId: 'vpc-1' })");
    requirePattern(this, 'cluster.database', cluster.database, /^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a name of 1 to 63 letters, digits and "_"');
  }

  private defineServer(props: OwnAuroraProps, network: DatabaseNetwork): Server {
    const database = defineAuroraCluster(this, { ...props, place: network.place, description: 'Passages in Aurora, for those who search and write them' });
    const { cluster: { attrEndpointAddress: host, attrDbClusterResourceId: resourceId }, securityGroup: { connections } } = database;
    return { ...database, host, port: AURORA_PORT, resourceId, connections };
  }

  private bindExisting({ cluster, credentials, database }: ExistingVectorCluster): Server {
    const secretArn = credentialsArn(this, 'cluster.credentials', credentials);
    const { connections } = cluster;
    if (connections.securityGroups.length === 0) this.refuseUnknown('securityGroups');
    const { hostname: host, port } = this.known('clusterEndpointAddress and port', () => cluster.clusterEndpoint);
    return {
      clusterArn: cluster.clusterArn,
      secretArn,
      database,
      secretKey: credentials.encryptionKey,
      // Its first instance has to be there before statements run.
      dependencies: Token.isUnresolved(cluster.clusterIdentifier) && cluster instanceof Construct ? [cluster] : [],
      host,
      port,
      resourceId: this.known('clusterResourceIdentifier', () => cluster.clusterResourceIdentifier),
      connections,
    };
  }

  /** An imported cluster throws what it was not told. */
  private known<T>(attribute: string, read: () => T): T {
    try {
      return read();
    } catch {
      return this.refuseUnknown(attribute);
    }
  }

  private refuseUnknown(attribute: string): never {
    return fail(this, `'cluster.cluster' must be a cluster whose ${attribute} are known, got one without: name them in DatabaseCluster.fromDatabaseClusterAttributes()`);
  }

  private letConnect(grantee: IGrantable, as: keyof typeof PGVECTOR_USERS) {
    const resourceName = `${this.server.resourceId}/${this.schema}${PGVECTOR_USERS[as]}`;
    const user = Stack.of(this).formatArn({ service: 'rds-db', resource: 'dbuser', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    Grant.addToPrincipal({ grantee, actions: ['rds-db:connect'], resourceArns: [user] });
  }
}
