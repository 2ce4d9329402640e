import type { Properties, Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';

/** A service of tasks behind a load balancer, as its template defines it. */
export interface ContainerService {
  readonly name: string;
  /** Where its load balancer answers, below the public address. */
  readonly basePath: string;
  /** The addresses of the load balancer, without a slash at their end. */
  readonly addresses: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: string;
  readonly roleArn: string;
  readonly idleTimeoutMs: number;
  /** Files that a task may fetch: their place in S3, and where they lie in the assembly. */
  readonly assets: readonly { readonly bucket: string; readonly key: string; readonly path: string }[];
}

interface Service {
  readonly TaskDefinition?: string;
  readonly LoadBalancers?: readonly { readonly TargetGroupArn: string }[];
}

interface Container {
  readonly Command?: readonly string[];
  readonly Environment?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly LogConfiguration?: { readonly Options?: Readonly<Record<string, string>> };
}

/** The services of a deployment that a load balancer leads to. */
export function readContainerServices(deployment: Deployment): ContainerService[] {
  const find = (type: string, ref: unknown) => deployment.resources(type).find((candidate) => deployment.ref(candidate) === ref);
  return deployment.resources('AWS::ECS::Service').flatMap((resource) => {
    const { TaskDefinition, LoadBalancers: [front] = [] } = deployment.properties(resource) as Service;
    const task = find('AWS::ECS::TaskDefinition', TaskDefinition);
    const listener = deployment.resources('AWS::ElasticLoadBalancingV2::Listener')
      .find((candidate) => JSON.stringify(deployment.property(candidate, 'DefaultActions')).includes(`"${front?.TargetGroupArn}"`));
    const balancer = listener && find('AWS::ElasticLoadBalancingV2::LoadBalancer', deployment.property(listener, 'LoadBalancerArn'));
    if (!task || !balancer) return [];
    return [readService(deployment, resource, task, balancer)];
  });
}

function readService(deployment: Deployment, resource: Resource, task: Resource, balancer: Resource): ContainerService {
  const { ContainerDefinitions: [container] = [], TaskRoleArn } = deployment.properties(task) as { ContainerDefinitions?: Container[]; TaskRoleArn?: string };
  if (!container?.Command) throw new Error(`the local cloud runs tasks by their command, and ${task.stack.name}/${task.logicalId} has none`);
  const environment = Object.fromEntries((container.Environment ?? []).map(({ Name, Value }) => [Name, String(Value)]));
  return {
    name: deployment.id(resource),
    basePath: `/${balancer.stack.name}/${balancer.logicalId}`,
    addresses: addressesOf(deployment, deployment.attribute(balancer, 'DNSName')),
    command: container.Command,
    environment,
    logGroup: container.LogConfiguration?.Options?.['awslogs-group'] ?? `/ecs/${deployment.id(resource)}`,
    roleArn: String(TaskRoleArn),
    idleTimeoutMs: Number(attributeOf(deployment.properties(balancer), 'idle_timeout.timeout_seconds') ?? 60) * 1000,
    assets: [...task.stack.assets].filter(([key]) => Object.values(environment).includes(key))
      .map(([key, { path }]) => ({ key, path, bucket: environment.CODE_BUCKET })),
  };
}

function attributeOf({ LoadBalancerAttributes: attributes = [] }: Properties, name: string): string | undefined {
  return (attributes as { Key: string; Value: string }[]).find(({ Key }) => Key === name)?.Value;
}

interface Alias {
  readonly Name?: string;
  readonly AliasTarget?: { readonly DNSName?: string };
}

/** The name that AWS makes, and those that lead to it. */
function addressesOf(deployment: Deployment, dnsName: string): string[] {
  const records = deployment.resources('AWS::Route53::RecordSet').map((record) => deployment.properties(record) as Alias);
  const names = records.filter(({ AliasTarget }) => AliasTarget?.DNSName?.endsWith(dnsName)).map(({ Name }) => String(Name).replace(/\.$/, ''));
  return [`http://${dnsName}`, ...names.map((name) => `https://${name}`)];
}

/** Turns the addresses of load balancers into those on this machine. */
export function localContainerUrls(text: string, door: string, services: readonly ContainerService[]): string {
  return services.flatMap(({ addresses, basePath }) => addresses.map((address) => [`${address}/`, `${door}${basePath}/`] as const))
    .reduce((known, [address, local]) => known.replaceAll(address, local), text);
}
