import { randomBytes } from 'node:crypto';
import { type ClusterSurroundings, LocalCluster } from './cluster';
import { dataApi } from './data-api';
import type { Deployment } from '../assembly/deployment';
import type { AwsService } from '../aws/service';

export interface Databases {
  /** The Data API. */
  readonly service: AwsService;
  /** The services that run here because of them, by IAM prefix. */
  readonly services: readonly string[];
  /** Turns the addresses of clusters into those of this machine. */
  localise(text: string): string;
  /** The rows of a statement in a cluster, past all that its users may do. */
  look(clusterArn: string, sql: string): Promise<(string | null)[][]>;
  readonly clusterArns: readonly string[];
  stop(): Promise<void>;
}

/** The clusters of Aurora PostgreSQL of a deployment. */
export async function startDatabases(
  deployment: Deployment, { onStep, ...surroundings }: ClusterSurroundings & { readonly onStep: (what: string) => void },
): Promise<Databases> {
  const resources = deployment.resources('AWS::RDS::DBCluster').filter((resource) => deployment.property(resource, 'Engine') === 'aurora-postgresql');
  for (const resource of resources.filter((each) => deployment.property(each, 'ManageMasterUserPassword') === true)) {
    const login = { username: String(deployment.property(resource, 'MasterUsername')), password: randomBytes(20).toString('hex') };
    surroundings.secrets.put(deployment.attribute(resource, 'MasterUserSecret.SecretArn'), JSON.stringify(login));
  }
  if (resources.length > 0) onStep('Starting PostgreSQL');
  const clusters: LocalCluster[] = [];
  for (const resource of resources) clusters.push(await LocalCluster.open(deployment, resource, surroundings));
  const find = (clusterArn: string) => clusters.find((cluster) => cluster.arn === clusterArn);
  return {
    service: dataApi(find),
    services: clusters.length > 0 ? ['rds-db'] : [],
    clusterArns: clusters.map((cluster) => cluster.arn),
    look: async (clusterArn, sql) => find(clusterArn)!.look(sql),
    localise: (text) => clusters.reduce((known, { endpoint, port }) => {
      // As JSON has host and port, one after the other, and as addresses have them.
      const name = endpoint.replace(/\./g, '\\.');
      return known.replace(new RegExp(`${name}(\\\\*"\\s*,\\s*\\\\*"port\\\\*"\\s*:\\s*\\\\*"?)\\d+`, 'g'), `127.0.0.1$1${port}`).replace(new RegExp(`${name}:\\d+`, 'g'), `127.0.0.1:${port}`);
    }, text),
    stop: async () => void await Promise.all(clusters.map((cluster) => cluster.stop())),
  };
}
