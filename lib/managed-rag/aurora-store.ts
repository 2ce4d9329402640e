import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type StoreBinding, type VectorStoreBuild } from './store-binding';
import { PGVECTOR_COLUMNS, PGVECTOR_DIMENSIONS, PGVECTOR_SCHEMA } from '../contract/pgvector-schema';
import { stackPart } from '../internal/physical-name';
import { fail, requirePattern } from '../internal/validation';
import { PrivateNetwork } from '../posture/private-network';
import { type AuroraClusterOptions, type AuroraPlace, type DataApiDatabase, defineAuroraCluster, requireValidCluster } from '../rag/aurora-cluster';
import { defineSchemaMaker, letQuery, makeSchema } from '../rag/pgvector-schema';
import { credentialsArn } from '../rag/store-credentials';

/** A cluster of Aurora PostgreSQL that you have, with its Data API on and pgvector 0.5 or newer. */
export interface ExistingAuroraCluster {
  /** The cluster's ARN. */
  readonly clusterArn: string;

  /** What logs in: `username` and `password` of who may make extensions, schemas and tables. */
  readonly credentials: ISecret;

  /** The database. */
  readonly database: string;
}

/** Options of `KnowledgeStore.auroraPgvector`. Nothing connects to the cluster in its VPC: Bedrock and the library speak to its Data API. */
export interface AuroraPgvectorOptions extends AuroraClusterOptions {
  /**
   * A cluster that you have, in which a table is made; then no other option can be given.
   *
   * @default - a cluster is made
   */
  readonly cluster?: ExistingAuroraCluster;
}

export interface AuroraStoreProps extends VectorStoreBuild, AuroraPgvectorOptions {}

/** Aurora PostgreSQL with pgvector, and the table of one knowledge base. */
export class AuroraStore extends Construct {
  public readonly binding: StoreBinding;

  constructor(scope: Construct, id: string, props: AuroraStoreProps) {
    super(scope, id);
    this.requireValid(props);
    const maker = defineSchemaMaker(this, props, 'Makes the table of a knowledge base');
    const database = props.cluster ? this.bindExisting(props.cluster) : this.defineDatabase(props, maker.placement);
    letQuery(props.role, database, ['rds-data:BatchExecuteStatement', 'rds-data:ExecuteStatement']);
    props.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['rds:DescribeDBClusters'], resources: [database.clusterArn] }));

    const table = tableNameOf(this, props);
    const schema = makeSchema(this, maker, database, { Table: table, Dimension: `${props.vectors.dimension}` });
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

  private requireValid(props: AuroraStoreProps) {
    const { vectors, cluster, vpc, vpcSubnets, pauseAfter } = props;
    if (vectors.binary) fail(this, "'embedding' must make float vectors with KnowledgeStore.auroraPgvector(), got binary ones: leave `binary` out, or take KnowledgeStore.openSearchServerless()");
    if (vectors.dimension > PGVECTOR_DIMENSIONS) {
      fail(this, `'embedding' must make vectors of at most ${PGVECTOR_DIMENSIONS} places with KnowledgeStore.auroraPgvector(), which indexes no longer ones, got ${vectors.dimension}: `
        + "name a shorter 'dimension' that the model offers, or take KnowledgeStore.s3Vectors()");
    }
    if (cluster && (vpc ?? vpcSubnets ?? pauseAfter)) fail(this, "'cluster' must stand alone, for what you have is not made again: leave the other options out, or 'cluster'");
    requirePattern(this, 'cluster.database', cluster?.database, /^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a name of 1 to 63 letters, digits and "_"');
    requireValidCluster(this, props);
  }

  private bindExisting({ clusterArn, credentials, database }: ExistingAuroraCluster): DataApiDatabase {
    return { clusterArn, secretArn: credentialsArn(this, 'cluster.credentials', credentials), database, secretKey: credentials.encryptionKey, dependencies: [] };
  }

  private defineDatabase(props: AuroraStoreProps, placement: AuroraPlace | undefined): DataApiDatabase {
    const { encryptionKey, logRetention, vpc, vpcSubnets } = props;
    const place = vpc ? { vpc, vpcSubnets: vpcSubnets ?? {} } : placement ?? PrivateNetwork.of(this, { logRetention, encryptionKey }).placeDatabase(vpcSubnets);
    return defineAuroraCluster(this, { ...props, place, description: 'Knowledge in Aurora, which nobody connects to' });
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
