import type { Certificate } from './certificate';
import { openDoor } from './door';
import { findRedis, startRedis } from './redis';
import { readToken } from './token';
import type { Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';
import type { Principals } from '../iam/principals';
import { type SearchServer, startSearchServer } from '../redis-search/server';

export interface Caches {
  /** The services that run here because of them, by IAM prefix. */
  readonly services: readonly string[];
  /** Turns the addresses of caches into those of this machine. */
  localise(text: string): string;
  stop(): Promise<void>;
}

export interface CachesOptions {
  /** What proves them to those who connect. */
  readonly certificate: Certificate;
  readonly principals: Principals;
  readonly onNotice: (line: string) => void;
}

/** Serverless caches, by the Redis or Valkey of this machine behind a door that asks IAM. */
export async function startCaches(deployment: Deployment, options: CachesOptions): Promise<Caches> {
  const resources = deployment.resources('AWS::ElastiCache::ServerlessCache');
  const clusters = deployment.resources('AWS::MemoryDB::Cluster');
  if (resources.length + clusters.length === 0) return { services: [], localise: (text) => text, stop: async () => undefined };
  const binary = findRedis();
  if (!binary && resources.length > 0) throw new Error('the assembly has an ElastiCache cache, and there is no valkey-server or redis-server on this machine: install one, such as with apt-get install redis-server');
  const { certificate } = options;

  const undo: (() => Promise<void>)[] = [];
  const ports = new Map<string, number>();
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    for (const resource of resources) {
      const cache = deployment.id(resource);
      const users = usersOf(deployment, resource);
      const server = { port: 0 };
      const door = await openDoor({
        certificate,
        behind: () => server.port,
        admit: (user, token) => {
          if (!users.has(user)) throw new Error(`the cache ${cache} has no user '${user}'`);
          authorize(options.principals, readToken(token, cache, user), [deployment.attribute(resource, 'ARN'), users.get(user)!.arn]);
        },
        onRefused: (reason) => options.onNotice(`local cloud: ElastiCache let nobody into ${cache}, ${reason}`),
      });
      undo.push(() => door.stop());
      const redis = await startRedis(binary!, { announced: door.port, users: new Map([...users].map(([user, { access }]) => [user, access])) });
      undo.push(() => redis.stop());
      server.port = redis.port;
      ports.set(cache, door.port);
    }
    for (const cluster of clusters) {
      const started = await startCluster(deployment, cluster, certificate, options);
      undo.push(() => started.stop());
      ports.set(started.address, started.port);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const localise = (text: string) => text.replace(/([a-z0-9-]+)\.serverless\.local\.cache\.amazonaws\.com:6379/g, (address, cache: string) => {
    const port = ports.get(cache);
    return port === undefined ? address : `127.0.0.1:${port}`;
  });
  const services = [...resources.length > 0 ? ['elasticache'] : [], ...clusters.length > 0 ? ['memorydb'] : []];
  return { services, localise: (text) => [...ports].reduce(localiseCluster, localise(text)), stop };
}

/** A cluster of MemoryDB that searches vectors: a server of ours behind a door that asks IAM. */
async function startCluster(deployment: Deployment, cluster: Resource, certificate: Certificate, { principals, onNotice }: CachesOptions) {
  const name = deployment.id(cluster);
  const server: SearchServer = await startSearchServer({ words: false, announced: () => door.port, admitted: true });
  const users = new Map(deployment.resources('AWS::MemoryDB::User').map((user) => [deployment.id(user), deployment.attribute(user, 'Arn')]));
  const door = await openDoor({
    certificate,
    behind: () => server.port,
    admit: (user, token) => {
      const userArn = users.get(user);
      if (userArn === undefined) throw new Error(`the cluster ${name} has no user '${user}'`);
      authorize(principals, readToken(token, name, user, { service: 'memorydb' }), [deployment.attribute(cluster, 'ARN'), userArn], 'memorydb:Connect');
    },
    onRefused: (reason) => onNotice(`local cloud: MemoryDB let nobody into ${name}, ${reason}`),
  });
  const stop = async () => {
    await door.stop();
    await server.stop();
  };
  return { address: deployment.attribute(cluster, 'ClusterEndpoint.Address'), port: door.port, stop };
}

/** References tell host and port of a cluster each by itself. */
function localiseCluster(text: string, [address, port]: readonly [string, number]): string {
  const named = address.replace(/[.]/g, '\\.');
  return text.replace(new RegExp(`${named}((?:\\\\?")[^{}]*?port\\\\?":)6379`, 'g'), `127.0.0.1$1${port}`);
}

interface User {
  readonly arn: string;
  /** What they may do, as ElastiCache and Redis both write it. */
  readonly access: string;
}

function usersOf(deployment: Deployment, cache: Resource): Map<string, User> {
  const group = deployment.resources('AWS::ElastiCache::UserGroup').find((each) => deployment.ref(each) === deployment.property(cache, 'UserGroupId'));
  const members = (group && deployment.property(group, 'UserIds') as string[]) ?? [];
  const users = deployment.resources('AWS::ElastiCache::User').filter((each) => members.includes(deployment.ref(each)));
  return new Map(users.map((user) => {
    const { Type } = deployment.property(user, 'AuthenticationMode') as { Type?: string };
    const name = String(deployment.property(user, 'UserName'));
    if (Type !== 'iam') throw new Error(`the local cloud knows users of ElastiCache who prove themselves by IAM only, ${name} does by '${Type}'`);
    return [name, { arn: deployment.attribute(user, 'Arn'), access: String(deployment.property(user, 'AccessString')) }];
  }));
}

function authorize(principals: Principals, connection: { accessKeyId: string; region: string }, resources: string[], action = 'elasticache:Connect'): void {
  for (const resource of resources) {
    const denial = principals.authorize(connection, { action, resource });
    if (denial) throw new Error(denial.message);
  }
}
