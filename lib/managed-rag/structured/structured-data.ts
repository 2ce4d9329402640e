import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type Construct } from 'constructs';
import { type DataBinding } from './data-binding';
import { letEverywhere } from './let-everywhere';
import { acknowledgeWildcard } from '../../internal/acknowledge';
import { type ServiceRole } from '../../internal/handler-role';
import { requireCount, requireMade, requirePattern } from '../../internal/validation';

/** Options of `StructuredData.glue`. */
export interface GlueDataOptions {
  /**
   * Buckets that the tables lie in, where Lake Formation does not hand out their data; their keys may be used with them.
   *
   * @default - none: Lake Formation hands out the data
   */
  readonly buckets?: IBucket[];

  /**
   * The key that encrypts the catalog.
   *
   * @default - none
   */
  readonly catalogKey?: IKey;
}

/** The tables that questions are answered from. */
export abstract class StructuredData {
  /**
   * Every table of one database of Redshift that its database user may read.
   *
   * @param database the database's name; one that is mounted from a lakehouse is called `database@schema`
   */
  public static redshift(database: string): StructuredData {
    return new RedshiftData(database);
  }

  /**
   * Tables of the AWS Glue Data Catalog of this account and Region, which Redshift reads where they lie. Let the knowledge base's role describe and
   * select them in Lake Formation.
   *
   * @param tables 1 to 1000 names such as `shop.orders`, or `shop.*` for all of a database
   * @param options where their data lies
   */
  public static glue(tables: string[], options: GlueDataOptions = {}): StructuredData {
    return new GlueData(tables, options);
  }

  /** @internal */
  public abstract _bind(scope: Construct, role: ServiceRole): DataBinding;
}

class RedshiftData extends StructuredData {
  constructor(private readonly database: string) {
    super();
  }

  public _bind(scope: Construct): DataBinding {
    const { database: databaseName } = this;
    requirePattern(scope, 'data', databaseName, /^[^\s*?/:]{1,200}$/, "a database's name, 1 to 200 characters without blanks, '*', '?', '/' and ':'");
    return { storage: { type: 'REDSHIFT', redshiftConfiguration: { databaseName } }, database: databaseName };
  }
}

/** From so many tables of a database on they are granted together. */
const MANY_TABLES = 20;

const GLUE_ACTIONS = ['GetDatabase', 'GetDatabases', 'GetPartition', 'GetPartitions', 'GetTable', 'GetTables', 'SearchTables'].map((action) => `glue:${action}`);

class GlueData extends StructuredData {
  constructor(private readonly tables: string[], private readonly options: GlueDataOptions) {
    super();
  }

  public _bind(scope: Construct, role: ServiceRole): DataBinding {
    const { tables, options: { buckets = [], catalogKey } } = this;
    requireCount(scope, 'data', tables, 1, 1_000);
    for (const table of tables) requirePattern(scope, 'data', table, /^(?=.{1,200}$)[^.\s*?/:]+\.([^.\s*?/:]+|\*)$/, "tables' names such as 'shop.orders', or 'shop.*' for all of a database, of at most 200 characters");
    this.letDescribe(role);
    letEverywhere(role, 'DataAccess', ['lakeformation:GetDataAccess'], 'Lake Formation has no resource to name here: what it hands out is what you let this role select there.');
    buckets.forEach((bucket) => letReadData(scope, role, bucket));
    if (catalogKey) role.addToPrincipalPolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: [catalogKey.keyArn] }));
    return { storage: { type: 'AWS_DATA_CATALOG', awsDataCatalogConfiguration: { tableNames: tables } }, prefix: 'awsdatacatalog' };
  }

  private letDescribe(role: ServiceRole) {
    const stack = Stack.of(role);
    const arn = (resource: string, resourceName?: string) => stack.formatArn({ service: 'glue', resource, resourceName });
    const databases = new Map<string, string[]>();
    for (const name of this.tables) {
      const [database, table] = name.split('.');
      databases.set(database, [...databases.get(database) ?? [], table]);
    }
    for (const [database, tables] of databases) {
      const all = tables.includes('*') || tables.length > MANY_TABLES;
      const named = (all ? ['*'] : tables).map((table) => arn('table', `${database}/${table}`));
      role.addToPrincipalPolicy(new PolicyStatement({ actions: GLUE_ACTIONS, resources: [arn('catalog'), arn('database', database), ...named] }));
      if (all) named.forEach((each) => acknowledgeWildcard(role, each, 'All tables of the database were named, or more than a policy has room for.'));
    }
  }
}

function letReadData(scope: Construct, role: ServiceRole, bucket: IBucket) {
  requireMade(scope, 'data.buckets', bucket, 'arnForObjects', "a bucket, such as Bucket.fromBucketName(this, 'Lake', 'lake')");
  const objects = bucket.arnForObjects('*');
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [objects] }));
  acknowledgeWildcard(role, objects, 'The files of the tables, whose names are their writers\' to choose.');
  if (!bucket.encryptionKey) return;
  const { region, urlSuffix } = Stack.of(role);
  const conditions = { StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` } };
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: [bucket.encryptionKey.keyArn], conditions }));
}
