import { type IConstruct } from 'constructs';
import { type LoginBinding } from './redshift-login';
import { fail, requireCount, requireLength } from '../../internal/validation';

/** What has to be run in the database once, by somebody who may grant: CloudFormation cannot. */
export function setupSql(scope: IConstruct, { user, own }: LoginBinding, schemas: string[], catalog: boolean): string {
  if (user === undefined) return fail(scope, "'setupSql' must know the database user, and a secret tells it to nobody: name it, RedshiftLogin.secret(secret, { username: 'reporting' })");
  requireCount(scope, 'schemas', schemas, 1, 50);
  for (const schema of schemas) requireLength(scope, 'schemas', schema, 1, 127);
  const to = quoted(user);
  const grants = catalog
    ? [`GRANT USAGE ON DATABASE awsdatacatalog TO ${to};`]
    : schemas.map(quoted).flatMap((schema) => [`GRANT USAGE ON SCHEMA ${schema} TO ${to};`, `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${to};`]);
  return [...own ? [`CREATE USER ${to} WITH PASSWORD DISABLE;`] : [], ...grants].join('\n');
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
