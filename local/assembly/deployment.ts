import type { Properties, Resource, StackTemplate } from './assembly';
import { ACCOUNT, Identities, PARTITION, REGION } from './identity';

const NO_VALUE = Symbol('AWS::NoValue');

/** The types that the local cloud gives a life; the others get a name and an ARN, and are left out. */
const RUNNING = [
  /^AWS::ApiGateway(V2)?::/, /^AWS::Lambda::(Function|Version|Alias|Permission|Url)$/, /^AWS::IAM::(Role|Policy|ManagedPolicy)$/,
  /^AWS::DynamoDB::(Table|GlobalTable)$/, /^AWS::Cognito::(UserPool|UserPoolClient)$/, /^AWS::Logs::LogGroup$/, /^AWS::S3::(Bucket|BucketPolicy)$/,
  /^AWS::BedrockAgentCore::Memory$/,
  /^AWS::ElastiCache::(ServerlessCache|User|UserGroup)$/, /^AWS::MemoryDB::(Cluster|User|ACL|SubnetGroup)$/,
  /^AWS::ECS::(Cluster|Service|TaskDefinition)$/, /^AWS::ElasticLoadBalancingV2::(LoadBalancer|Listener|TargetGroup)$/,
  /^AWS::Bedrock::(Guardrail|GuardrailVersion|ApplicationInferenceProfile|KnowledgeBase|DataSource)$/,
  /^AWS::S3Vectors::(VectorBucket|VectorBucketPolicy|Index)$/, /^AWS::OpenSearchServerless::(Collection|CollectionGroup|Index|CollectionIndex|AccessPolicy|SecurityPolicy)$/,
  /^AWS::SQS::(Queue|QueuePolicy)$/, /^AWS::Lambda::(EventSourceMapping|EventInvokeConfig)$/, /^AWS::Events::(Rule|EventBus)$/,
  /^AWS::Scheduler::(Schedule|ScheduleGroup)$/, /^Custom::(S3BucketNotifications|EvaluationGate)$/,
  /^AWS::SecretsManager::(Secret|SecretTargetAttachment)$/, /^AWS::RDS::(DBCluster|DBInstance|DBSubnetGroup)$/, /^Custom::Pgvector/,
  /^Custom::EmptiedVectorBucket$/,
];

/** Carries no behaviour, so nobody misses it. */
const SILENT = ['AWS::CDK::Metadata'];

/** The stacks of one assembly with every reference between them answered, as CloudFormation would answer it. */
export class Deployment {
  private readonly identities = new Identities((resource, name) => {
    const value = this.resolve(resource.stack, resource.properties[name]);
    return value === undefined ? undefined : String(value);
  });
  private readonly conditions = new Map<string, boolean>();
  private readonly resolving = new Set<string>();
  private exported?: Map<string, { stack: StackTemplate; value: unknown }>;

  constructor(readonly stacks: readonly StackTemplate[]) {}

  /** The resources of these types that exist, in the order of their templates. */
  resources(...types: string[]): Resource[] {
    return this.stacks.flatMap((stack) => [...stack.resources.values()]).filter((resource) => types.includes(resource.type) && this.exists(resource));
  }

  /** What this machine cannot run, counted by type. */
  leftOut(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const resource of this.stacks.flatMap((stack) => [...stack.resources.values()])) {
      if (runs(resource) || SILENT.includes(resource.type) || !this.exists(resource)) continue;
      counts.set(resource.type, (counts.get(resource.type) ?? 0) + 1);
    }
    return new Map([...counts].sort(([a], [b]) => a.localeCompare(b)));
  }

  /** What custom resources are made by: nobody calls it here. */
  serviceTokens(): Set<string> {
    const custom = this.stacks.flatMap((stack) => [...stack.resources.values()]).filter((resource) => 'ServiceToken' in resource.properties && this.exists(resource));
    return new Set(custom.map((resource) => String(this.property(resource, 'ServiceToken'))));
  }

  /** A resource's properties without intrinsics. */
  properties(resource: Resource): Properties {
    return (this.resolve(resource.stack, resource.properties) ?? {}) as Properties;
  }

  /** One property without intrinsics. */
  property(resource: Resource, name: string): unknown {
    return this.resolve(resource.stack, resource.properties[name]);
  }

  ref(resource: Resource): string {
    return this.identities.ref(resource);
  }

  /** The name or id alone, also of types whose `Ref` is an ARN. */
  id(resource: Resource): string {
    return this.identities.id(resource);
  }

  attribute(resource: Resource, name: string): string {
    const value = this.identities.attribute(resource, name, runs(resource));
    if (value === undefined) throw new Error(`the local cloud does not know the attribute '${name}' of ${resource.stack.name}/${resource.logicalId} (${resource.type})`);
    return value;
  }

  /** The outputs of each stack, in the format of `cdk deploy --outputs-file`. */
  outputs(): Record<string, Record<string, string>> {
    return Object.fromEntries(this.stacks.map((stack) => [stack.name, Object.fromEntries(Object.entries(stack.outputs)
      .filter(([, output]) => output.Condition === undefined || this.condition(stack, output.Condition))
      .map(([name, output]) => [name, String(this.resolve(stack, output.Value))]))]));
  }

  /** A value of a template with every intrinsic answered; undefined for `AWS::NoValue`. */
  resolve(stack: StackTemplate, value: unknown): unknown {
    const resolved = this.evaluate(stack, value);
    return resolved === NO_VALUE ? undefined : resolved;
  }

  private exists(resource: Resource): boolean {
    return resource.condition === undefined || this.condition(resource.stack, resource.condition);
  }

  private evaluate(stack: StackTemplate, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.evaluate(stack, item)).filter((item) => item !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    if (entries.length === 1 && (entries[0][0] === 'Ref' || entries[0][0].startsWith('Fn::') || entries[0][0] === 'Condition')) {
      const [[name, argument]] = entries;
      // `Condition` is also a key of IAM statements; there it holds an object.
      if (name !== 'Condition' || typeof argument === 'string') return this.intrinsic(stack, name, argument);
    }
    return Object.fromEntries(entries.map(([key, item]) => [key, this.evaluate(stack, item)]).filter(([, item]) => item !== NO_VALUE));
  }

  private intrinsic(stack: StackTemplate, name: string, argument: unknown): unknown {
    const list = () => this.evaluate(stack, argument) as unknown[];
    switch (name) {
      case 'Ref': return this.reference(stack, String(argument));
      case 'Fn::GetAtt': return this.getAtt(stack, argument as string | [string, unknown]);
      case 'Fn::Sub': return this.substitute(stack, argument as string | [string, Properties]);
      case 'Fn::Join': return this.join(stack, argument as [string, unknown]);
      case 'Fn::Select': return this.select(list() as [number | string, unknown[]]);
      case 'Fn::Split': return String(list()[1]).split(String(list()[0]));
      case 'Fn::FindInMap': return this.findInMap(stack, list() as string[]);
      case 'Fn::ImportValue': return this.importValue(String(this.evaluate(stack, argument)));
      case 'Fn::Base64': return Buffer.from(String(this.evaluate(stack, argument))).toString('base64');
      case 'Fn::GetAZs': return ['a', 'b', 'c'].map((zone) => `${REGION}${zone}`);
      case 'Fn::ToJsonString': return JSON.stringify(this.evaluate(stack, argument));
      case 'Fn::Length': return list().length;
      case 'Fn::If': return this.choose(stack, argument as [string, unknown, unknown]);
      case 'Condition': return this.condition(stack, String(argument));
      case 'Fn::Equals': return JSON.stringify(list()[0]) === JSON.stringify(list()[1]);
      case 'Fn::And': return list().every(Boolean);
      case 'Fn::Or': return list().some(Boolean);
      case 'Fn::Not': return !list()[0];
      case 'Fn::Contains': return (list()[0] as unknown[]).includes(list()[1]);
      default: throw new Error(`the local cloud does not know the intrinsic '${name}' used in ${stack.name}`);
    }
  }

  private reference(stack: StackTemplate, name: string): unknown {
    if (name in PSEUDO) return PSEUDO[name];
    if (name === 'AWS::StackName') return stack.name;
    if (name === 'AWS::StackId') return `arn:${PARTITION}:cloudformation:${REGION}:${ACCOUNT}:stack/${stack.name}/local`;
    if (name in stack.parameters) return stack.parameters[name].Default ?? '';
    return this.guarded(stack, name, 'Ref', (resource) => this.ref(resource));
  }

  private getAtt(stack: StackTemplate, argument: string | [string, unknown]): string {
    const [logicalId, ...attribute] = typeof argument === 'string' ? argument.split('.') : argument;
    const name = String(this.evaluate(stack, attribute.length === 1 ? attribute[0] : attribute.join('.')));
    return this.guarded(stack, logicalId, name, (resource) => this.attribute(resource, name));
  }

  private guarded<T>(stack: StackTemplate, logicalId: string, what: string, read: (resource: Resource) => T): T {
    const resource = stack.resources.get(logicalId);
    if (!resource) throw new Error(`${stack.name} refers to '${logicalId}', which it does not define`);
    const key = `${stack.name}/${logicalId}.${what}`;
    if (this.resolving.has(key)) throw new Error(`${key} refers to itself`);
    this.resolving.add(key);
    try {
      return read(resource);
    } finally {
      this.resolving.delete(key);
    }
  }

  private substitute(stack: StackTemplate, argument: string | [string, Properties]): string {
    const [text, variables] = typeof argument === 'string' ? [argument, {} as Properties] : argument;
    return text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      if (name in variables) return String(this.evaluate(stack, variables[name]));
      return String(name.includes('.') ? this.getAtt(stack, name) : this.reference(stack, name));
    });
  }

  private join(stack: StackTemplate, [separator, items]: [string, unknown]): string {
    return (this.evaluate(stack, items) as unknown[]).map(String).join(separator);
  }

  private select([index, items]: [number | string, unknown[]]): unknown {
    const item = items[Number(index)];
    if (item === undefined) throw new Error(`Fn::Select asks for item ${index} of ${JSON.stringify(items)}`);
    return item;
  }

  private findInMap(stack: StackTemplate, [map, first, second]: string[]): unknown {
    const found = stack.mappings[map]?.[first]?.[second];
    if (found === undefined) throw new Error(`the mapping ${map} of ${stack.name} has no entry ${first}/${second}`);
    return found;
  }

  private choose(stack: StackTemplate, [condition, yes, no]: [string, unknown, unknown]): unknown {
    return this.evaluate(stack, this.condition(stack, condition) ? yes : no);
  }

  private condition(stack: StackTemplate, name: string): boolean {
    const key = `${stack.name}/${name}`;
    const known = this.conditions.get(key);
    if (known !== undefined) return known;
    const value = Boolean(this.evaluate(stack, stack.conditions[name]));
    this.conditions.set(key, value);
    return value;
  }

  private importValue(name: string): unknown {
    this.exported ??= new Map(this.stacks.flatMap((stack) => Object.values(stack.outputs)
      .filter((output) => output.Export)
      .map((output) => [String(this.resolve(stack, output.Export!.Name)), { stack, value: output.Value }])));
    const found = this.exported.get(name);
    if (!found) throw new Error(`no stack of the assembly exports '${name}'`);
    return this.evaluate(found.stack, found.value);
  }
}

const PSEUDO: Readonly<Record<string, unknown>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': PARTITION,
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::NoValue': NO_VALUE,
  'AWS::NotificationARNs': [],
};

function runs(resource: Resource): boolean {
  return RUNNING.some((pattern) => pattern.test(resource.type));
}
