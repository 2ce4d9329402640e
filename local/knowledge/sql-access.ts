import { fields, type Fields } from './fields';
import { arn } from '../assembly/identity';
import type { Authorization } from '../aws/service';

/** Who works under a role, as conditions see it. */
const USER = 'AROALOCALCLOUD00000:bedrock';

/** What the documentation asks of a service role that asks Redshift: `write` reads which tables there are, `read` writes and runs a query. */
export function sqlAccess(configuration: Fields): readonly (Authorization & { readonly on: 'write' | 'read' })[] {
  const redshift = fields(fields(configuration.SqlKnowledgeBaseConfiguration).RedshiftConfiguration);
  const [storage] = redshift.StorageConfigurations as Fields[];
  const database = fields(storage.RedshiftConfiguration).DatabaseName as string | undefined;
  const asked = [...engineAccess(fields(redshift.QueryEngineConfiguration), database ?? 'dev'), ...ownStatements(), ...catalogAccess(fields(storage.AwsDataCatalogConfiguration))];
  const only = (on: 'write' | 'read', ...actions: string[]) => actions.map((action) => ({ on, action, resource: '*' }));
  return [
    ...asked.flatMap((each) => [{ on: 'write' as const, ...each }, { on: 'read' as const, ...each }]),
    ...only('write', 'sqlworkbench:PutSqlGenerationContext'),
    ...only('read', 'bedrock:GenerateQuery', 'sqlworkbench:GetSqlGenerationContext', 'sqlworkbench:GetSqlRecommendations'),
  ];
}

function engineAccess({ ServerlessConfiguration: serverless, ProvisionedConfiguration: provisioned }: Fields, database: string): Authorization[] {
  if (serverless) {
    const { WorkgroupArn, AuthConfiguration } = fields(serverless);
    const resource = String(WorkgroupArn);
    return [{ action: 'redshift-data:ExecuteStatement', resource }, ...secretOf(fields(AuthConfiguration)) ?? [{ action: 'redshift-serverless:GetCredentials', resource }]];
  }
  const { ClusterIdentifier, AuthConfiguration } = fields(provisioned);
  const auth = fields(AuthConfiguration);
  const name = (kind: string, path: string) => arn('redshift', `${kind}:${path}`);
  const opened = name('dbname', `${String(ClusterIdentifier)}/${database}`);
  const as = (user: unknown) => ['dbuser', 'dbname'].map((kind) => ({
    action: 'redshift:GetClusterCredentials', resource: kind === 'dbname' ? opened : name(kind, `${String(ClusterIdentifier)}/${String(user)}`),
  }));
  return [
    { action: 'redshift-data:ExecuteStatement', resource: name('cluster', String(ClusterIdentifier)) },
    ...secretOf(auth) ?? (auth.Type === 'USERNAME' ? as(auth.DatabaseUser) : [{ action: 'redshift:GetClusterCredentialsWithIAM', resource: opened }]),
  ];
}

function secretOf({ Type, UsernamePasswordSecretArn }: Fields): Authorization[] | undefined {
  return Type === 'USERNAME_PASSWORD' ? [{ action: 'secretsmanager:GetSecretValue', resource: String(UsernamePasswordSecretArn) }] : undefined;
}

/** Statements that the role has begun are its own. */
function ownStatements(): Authorization[] {
  const context = { 'aws:userid': USER, 'redshift-data:statement-owner-iam-userid': USER };
  return ['redshift-data:DescribeStatement', 'redshift-data:GetStatementResult'].map((action) => ({ action, resource: '*', context }));
}

function catalogAccess({ TableNames = [] }: Fields): Authorization[] {
  const names = TableNames as string[];
  if (names.length === 0) return [];
  const glue = names.flatMap((name) => {
    const [database, table] = name.split('.');
    const resources = ['catalog', `database/${database}`, `table/${database}/${table === '*' ? 'any' : table}`].map((path) => arn('glue', path));
    return ['GetDatabase', 'GetDatabases', 'GetPartition', 'GetPartitions', 'GetTable', 'GetTables', 'SearchTables']
      .flatMap((action) => resources.map((resource) => ({ action: `glue:${action}`, resource })));
  });
  return [...glue, { action: 'lakeformation:GetDataAccess', resource: '*' }];
}
