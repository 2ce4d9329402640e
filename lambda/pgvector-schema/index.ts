import { parseSchemaChange } from './request';
import { applySchema } from './schema';
import { PGVECTOR_SCHEMA_ENV } from '../../lib/contract/pgvector-schema';
import { rdsData } from '../adapters/rds-data';
import { systemClock } from '../kit/clock';
import { customResource } from '../kit/custom-resource';
import { readEnv } from '../kit/env';
import { createLog } from '../kit/log';

const env = readEnv(PGVECTOR_SCHEMA_ENV);
const database = rdsData({ clusterArn: env.CLUSTER_ARN, secretArn: env.SECRET_ARN, database: env.DATABASE });

export const handler = customResource(async (event) => {
  const change = parseSchemaChange(event);
  await applySchema(change, database, systemClock);
  return 'schema' in change ? change.schema : change.table;
}, createLog(env.SERVICE));
