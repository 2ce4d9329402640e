import { CustomResource, Duration, Size } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';
import { type DataApiDatabase } from './aurora-cluster';
import { letReadSecret } from './store-credentials';
import { type PgvectorSchemaEnv, type PgvectorStore, type PgvectorTable } from '../contract/pgvector-schema';
import { BundledFunction } from '../internal/bundled-function';
import { type ServiceRole } from '../internal/handler-role';
import { CalledService, type FunctionPlacement } from '../posture';
import { type Build } from '../posture/build';

/** What makes tables, and where it runs, if in a VPC. */
export interface SchemaMaker {
  readonly schema: BundledFunction<PgvectorSchemaEnv>;
  readonly placement?: FunctionPlacement;
}

/** The function that makes tables by the Data API, before there is a database. */
export function defineSchemaMaker(scope: Construct, { posture, logRetention, encryptionKey }: Build, description: string): SchemaMaker {
  let placement: FunctionPlacement | undefined;
  const schema = new BundledFunction<PgvectorSchemaEnv>(scope, 'Schema', {
    bundle: 'pgvector-schema',
    description,
    timeout: Duration.minutes(5),
    memory: Size.mebibytes(256),
    logRetention,
    encryptionKey,
    reservedConcurrency: posture.reservedConcurrency === undefined ? undefined : 1,
    // CloudFormation takes answers at an address of S3.
    place: (placed) => placement = posture.placeFunction(placed, [CalledService.RDS_DATA, CalledService.S3, CalledService.XRAY]),
  });
  return { schema, placement };
}

/** Has the function make what is asked for, and drop it with the resource. */
export function makeSchema(
  scope: Construct, { schema: handler }: SchemaMaker, database: DataApiDatabase, properties: PgvectorTable | PgvectorStore,
): CustomResource {
  letQuery(handler.role, database, ['rds-data:ExecuteStatement']);
  const { clusterArn: CLUSTER_ARN, secretArn: SECRET_ARN, database: DATABASE } = database;
  handler.configure({ CLUSTER_ARN, SECRET_ARN, DATABASE, SERVICE: scope.node.path.replaceAll('/', '-') });
  const resource = new CustomResource(scope, 'Table', {
    resourceType: 'Table' in properties ? 'Custom::PgvectorTable' : 'Custom::PgvectorStore',
    serviceToken: handler.function.functionArn,
    serviceTimeout: Duration.minutes(15),
    properties: { ...properties },
  });
  resource.node.addDependency(handler, ...database.dependencies);
  return resource;
}

/** Lets a role ask the database by its Data API. */
export function letQuery(role: ServiceRole, { clusterArn, secretArn, secretKey }: DataApiDatabase, actions: string[]) {
  role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [clusterArn] }));
  letReadSecret(role, role, secretArn, secretKey);
}
