import type { LocalCluster } from './cluster';
import { PostgresError } from './wire';
import { AwsFailure } from '../aws/failure';
import type { AwsRequest, AwsService } from '../aws/service';

interface Statement {
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
  readonly sql: string;
}

const KNOWN = ['resourceArn', 'secretArn', 'database', 'sql'];

/** The RDS Data API as far as it runs a statement whose rows nobody reads. Each is a transaction of its own. */
export function dataApi(clusterOf: (clusterArn: string) => LocalCluster | undefined): AwsService {
  return {
    name: 'rds-data',
    authorizations(request) {
      const { resourceArn, secretArn } = inputOf(request);
      return [{ action: 'rds-data:ExecuteStatement', resource: resourceArn }, { action: 'secretsmanager:GetSecretValue', resource: secretArn }];
    },
    async handle(request) {
      const { resourceArn, secretArn, database, sql } = inputOf(request);
      const cluster = clusterOf(resourceArn);
      if (!cluster) throw new AwsFailure('DatabaseNotFoundException', 404, `DB cluster ${resourceArn} not found`);
      if (!cluster.dataApi) throw new AwsFailure('HttpEndpointNotEnabledException', 400, `HttpEndpoint is not enabled for resource ${resourceArn}`);
      try {
        await cluster.run(sql, database, secretArn);
      } catch (error) {
        if (error instanceof PostgresError) throw new AwsFailure('DatabaseErrorException', 400, `ERROR: ${error.message}; SQLState: ${error.code}`);
        throw error;
      }
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ generatedFields: [], numberOfRecordsUpdated: 0 }) };
    },
  };
}

function inputOf({ method, path, body }: AwsRequest): Statement {
  const input = JSON.parse(body.toString() || '{}') as Partial<Statement>;
  const odd = Object.keys(input).find((key) => !KNOWN.includes(key)) ?? KNOWN.find((key) => typeof input[key as keyof Statement] !== 'string');
  if (method !== 'POST' || path !== '/Execute' || odd !== undefined) {
    throw new AwsFailure('UnknownOperationException', 404, `the local Data API runs statements without parameters and gives no rows, asked for ${method} ${path}${odd === undefined ? '' : ` with '${odd}'`}`);
  }
  return input as Statement;
}
