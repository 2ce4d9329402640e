import type { Resource } from './assembly';
import { ACCOUNT, REGION, PARTITION, arn, generatedName, lowerName, stableId, uuid } from './names';

export { ACCOUNT, arn, PARTITION, REGION, stableId } from './names';

/** What a resource is called once it exists. */
interface Named {
  readonly resource: Resource;
  /** A property of the resource, resolved; undefined when the template leaves it out. */
  property(name: string): string | undefined;
  /** The physical id, which is what `Ref` gives. */
  readonly id: string;
}

interface Identity {
  /** The property that pins the name, if the type has one. */
  readonly nameProperty?: string;
  /** The physical id when no property pins it. */
  generate?(resource: Resource): string;
  /** What `Fn::GetAtt` gives, by attribute. */
  readonly attributes: Readonly<Record<string, (named: Named) => string>>;
  /** What `Ref` gives, where it is not the physical id. */
  ref?(named: Named): string;
}

const table: Identity = {
  nameProperty: 'TableName',
  attributes: {
    Arn: ({ id }) => arn('dynamodb', `table/${id}`),
    StreamArn: ({ id }) => arn('dynamodb', `table/${id}/stream/2026-01-01T00:00:00.000`),
    TableId: ({ resource }) => uuid(resource),
  },
};

const TIMES: Identity['attributes'] = Object.fromEntries(['CreatedAt', 'UpdatedAt', 'CreationTime'].map((name) => [name, () => '2026-01-01T00:00:00Z']));

const shortId = (length: number, ...attributes: string[]): Identity => ({
  generate: (resource) => stableId(resource, length),
  attributes: Object.fromEntries(attributes.map((name) => [name, ({ id }: Named) => id])),
});

const IDENTITIES: Readonly<Record<string, Identity>> = {
  'AWS::Lambda::Function': { nameProperty: 'FunctionName', attributes: { Arn: ({ id }) => arn('lambda', `function:${id}`) } },
  'AWS::Lambda::Version': {
    ref: ({ property }) => `${functionArn(property('FunctionName'))}:1`,
    attributes: { FunctionArn: ({ property }) => `${functionArn(property('FunctionName'))}:1`, Version: () => '1' },
  },
  'AWS::Lambda::Alias': {
    ref: ({ property }) => `${functionArn(property('FunctionName'))}:${property('Name')}`,
    attributes: { AliasArn: ({ property }) => `${functionArn(property('FunctionName'))}:${property('Name')}` },
  },
  'AWS::Lambda::Permission': { attributes: {} },
  'AWS::Lambda::Url': {
    generate: (resource) => stableId(resource, 32),
    ref: ({ property }) => functionArn(property('TargetFunctionArn')),
    attributes: { FunctionArn: ({ property }) => functionArn(property('TargetFunctionArn')), FunctionUrl: ({ id }) => `https://${id}.lambda-url.${REGION}.on.aws/` },
  },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    attributes: {
      Arn: ({ id, property }) => arn('iam', `role${property('Path') ?? '/'}${id}`, ''),
      RoleId: ({ resource }) => `AROA${stableId(resource, 17).toUpperCase()}`,
    },
  },
  'AWS::IAM::Policy': { nameProperty: 'PolicyName', attributes: {} },
  'AWS::IAM::ManagedPolicy': { nameProperty: 'ManagedPolicyName', ref: policyArn, attributes: { PolicyArn: policyArn } },
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::ApiGateway::RestApi': {
    generate: (resource) => stableId(resource, 10),
    attributes: { RestApiId: ({ id }) => id, RootResourceId: ({ id }) => id.split('').reverse().join('') },
  },
  'AWS::ApiGateway::Resource': shortId(6, 'ResourceId'),
  'AWS::ApiGateway::Method': shortId(8),
  'AWS::ApiGateway::Deployment': shortId(6, 'DeploymentId'),
  'AWS::ApiGateway::Stage': { nameProperty: 'StageName', attributes: {} },
  'AWS::ApiGateway::Authorizer': shortId(6, 'AuthorizerId'),
  'AWS::ApiGateway::GatewayResponse': shortId(10, 'Id'),
  'AWS::ApiGateway::RequestValidator': shortId(6, 'RequestValidatorId'),
  'AWS::ApiGateway::Model': { nameProperty: 'Name', attributes: {} },
  'AWS::ApiGateway::ApiKey': shortId(10, 'APIKeyId'),
  'AWS::ApiGateway::UsagePlan': shortId(6, 'Id'),
  'AWS::ApiGateway::UsagePlanKey': shortId(10, 'Id'),
  'AWS::ApiGateway::DomainName': {
    nameProperty: 'DomainName',
    attributes: { RegionalDomainName: ({ resource }) => `d-${stableId(resource, 10)}.execute-api.${REGION}.amazonaws.com`, RegionalHostedZoneId: () => 'Z1UJRXOUMOOFQ8' },
  },
  'AWS::ApiGateway::BasePathMapping': shortId(10),
  'AWS::ApiGateway::Account': shortId(10, 'Id'),
  'AWS::ApiGatewayV2::Api': {
    generate: (resource) => stableId(resource, 10),
    attributes: { ApiId: ({ id }) => id, ApiEndpoint: ({ id }) => `wss://${id}.execute-api.${REGION}.amazonaws.com` },
  },
  'AWS::ApiGatewayV2::Integration': shortId(7, 'IntegrationId'),
  'AWS::ApiGatewayV2::IntegrationResponse': shortId(7, 'IntegrationResponseId'),
  'AWS::ApiGatewayV2::Route': shortId(7, 'RouteId'),
  'AWS::ApiGatewayV2::RouteResponse': shortId(7, 'RouteResponseId'),
  'AWS::ApiGatewayV2::Authorizer': shortId(6, 'AuthorizerId'),
  'AWS::ApiGatewayV2::Deployment': shortId(6, 'DeploymentId'),
  'AWS::ApiGatewayV2::Stage': { nameProperty: 'StageName', attributes: {} },
  'AWS::ECS::Cluster': { nameProperty: 'ClusterName', attributes: { Arn: ({ id }) => arn('ecs', `cluster/${id}`) } },
  'AWS::ECS::TaskDefinition': { ref: taskArn, attributes: { TaskDefinitionArn: taskArn } },
  'AWS::ECS::Service': { ref: ({ id }) => arn('ecs', `service/${id}`), attributes: { Name: ({ id }) => id, ServiceArn: ({ id }) => arn('ecs', `service/${id}`) } },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': {
    generate: (resource) => stableId(resource, 16),
    ref: balancerArn,
    attributes: {
      LoadBalancerArn: balancerArn,
      LoadBalancerFullName: ({ id }) => `app/${id}/1`,
      LoadBalancerName: ({ id }) => id,
      DNSName: ({ id }) => `${id}.${REGION}.elb.amazonaws.com`,
      CanonicalHostedZoneID: () => 'Z35SXDOTRQ7X7K',
    },
  },
  'AWS::ElasticLoadBalancingV2::Listener': { ref: listenerArn, attributes: { ListenerArn: listenerArn } },
  'AWS::ElasticLoadBalancingV2::TargetGroup': {
    generate: (resource) => stableId(resource, 16),
    ref: targetArn,
    attributes: { TargetGroupArn: targetArn, TargetGroupFullName: ({ id }) => `targetgroup/${id}/1`, TargetGroupName: ({ id }) => id },
  },
  'AWS::Cognito::UserPool': {
    generate: (resource) => `${REGION}_${stableId(resource, 9, 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789')}`,
    attributes: {
      Arn: ({ id }) => arn('cognito-idp', `userpool/${id}`),
      UserPoolId: ({ id }) => id,
      ProviderName: ({ id }) => `cognito-idp.${REGION}.amazonaws.com/${id}`,
      ProviderURL: ({ id }) => `https://cognito-idp.${REGION}.amazonaws.com/${id}`,
    },
  },
  'AWS::Cognito::UserPoolClient': shortId(26, 'ClientId'),
  'AWS::Logs::LogGroup': { nameProperty: 'LogGroupName', attributes: { Arn: ({ id }) => `${arn('logs', `log-group:${id}`)}:*` } },
  'AWS::KMS::Key': { generate: uuid, attributes: { Arn: ({ id }) => arn('kms', `key/${id}`), KeyId: ({ id }) => id } },
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    generate: (resource) => generatedName(resource).toLowerCase(),
    attributes: { Arn: ({ id }) => `arn:${PARTITION}:s3:::${id}`, DomainName: ({ id }) => `${id}.s3.amazonaws.com`, RegionalDomainName: ({ id }) => `${id}.s3.${REGION}.amazonaws.com` },
  },
  'AWS::BedrockAgentCore::Memory': {
    generate: (resource) => `${(generatedName(resource)).replace(/[^a-zA-Z0-9_]/g, '_').slice(0, 40)}-${stableId(resource, 10)}`,
    ref: ({ id }) => arn('bedrock-agentcore', `memory/${id}`),
    attributes: { MemoryArn: ({ id }) => arn('bedrock-agentcore', `memory/${id}`), MemoryId: ({ id }) => id, Status: () => 'ACTIVE' },
  },
  'AWS::ElastiCache::ServerlessCache': {
    nameProperty: 'ServerlessCacheName',
    attributes: {
      'ARN': ({ id }) => arn('elasticache', `serverlesscache:${id}`),
      'Endpoint.Address': ({ id }) => `${id}.serverless.local.cache.amazonaws.com`,
      'Endpoint.Port': () => '6379',
    },
  },
  'AWS::ElastiCache::User': { nameProperty: 'UserId', attributes: { Arn: ({ id }) => arn('elasticache', `user:${id}`), Status: () => 'active' } },
  'AWS::ElastiCache::UserGroup': { nameProperty: 'UserGroupId', attributes: { Arn: ({ id }) => arn('elasticache', `usergroup:${id}`), Status: () => 'active' } },
  'AWS::MemoryDB::Cluster': {
    nameProperty: 'ClusterName',
    attributes: {
      'ARN': ({ id }) => arn('memorydb', `cluster/${id}`),
      'Arn': ({ id }) => arn('memorydb', `cluster/${id}`),
      'ClusterEndpoint.Address': ({ id }) => `clustercfg.${id}.local.memorydb.${REGION}.amazonaws.com`,
      'ClusterEndpoint.Port': () => '6379',
    },
  },
  'AWS::MemoryDB::User': { nameProperty: 'UserName', attributes: { Arn: ({ id }) => arn('memorydb', `user/${id}`), Status: () => 'active' } },
  'AWS::MemoryDB::ACL': { nameProperty: 'ACLName', attributes: { Arn: ({ id }) => arn('memorydb', `acl/${id}`), Status: () => 'active' } },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    generate: (resource) => (resource.properties.FifoQueue ? `${generatedName(resource).slice(0, 75)}.fifo` : generatedName(resource)),
    ref: ({ id }) => `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${id}`,
    attributes: { Arn: ({ id }) => arn('sqs', id), QueueName: ({ id }) => id },
  },
  'AWS::SQS::QueuePolicy': shortId(10, 'Id'),
  'AWS::Lambda::EventSourceMapping': {
    generate: uuid,
    attributes: { Id: ({ id }) => id, EventSourceMappingArn: ({ id }) => arn('lambda', `event-source-mapping:${id}`) },
  },
  'AWS::Events::EventBus': { nameProperty: 'Name', attributes: { Arn: ({ id }) => arn('events', `event-bus/${id}`), Name: ({ id }) => id } },
  'AWS::Events::Rule': {
    nameProperty: 'Name',
    attributes: { Arn: ({ id, property }) => arn('events', `rule/${property('EventBusName') ? `${property('EventBusName')}/` : ''}${id}`) },
  },
  'AWS::Scheduler::ScheduleGroup': { nameProperty: 'Name', attributes: { Arn: ({ id }) => arn('scheduler', `schedule-group/${id}`), State: () => 'ACTIVE' } },
  'AWS::Scheduler::Schedule': { nameProperty: 'Name', attributes: { Arn: ({ id, property }) => arn('scheduler', `schedule/${property('GroupName') ?? 'default'}/${id}`) } },
  'AWS::RDS::DBCluster': {
    nameProperty: 'DBClusterIdentifier',
    generate: lowerName,
    attributes: {
      'DBClusterArn': ({ id }) => arn('rds', `cluster:${id}`),
      'DBClusterResourceId': ({ resource }) => `cluster-${stableId(resource, 26).toUpperCase()}`,
      'Endpoint.Address': ({ id }) => `${id}.cluster-local.${REGION}.rds.amazonaws.com`,
      'Endpoint.Port': ({ property }) => property('Port') ?? '5432',
      'ReadEndpoint.Address': ({ id }) => `${id}.cluster-ro-local.${REGION}.rds.amazonaws.com`,
      'MasterUserSecret.SecretArn': ({ resource }) => arn('secretsmanager', `secret:rds!cluster-${uuid(resource)}-${stableId(resource, 6)}`),
    },
  },
  'AWS::RDS::DBInstance': {
    nameProperty: 'DBInstanceIdentifier',
    generate: lowerName,
    attributes: { 'Endpoint.Address': ({ id }) => `${id}.local.${REGION}.rds.amazonaws.com`, 'Endpoint.Port': () => '5432', 'DBInstanceArn': ({ id }) => arn('rds', `db:${id}`) },
  },
  'AWS::RDS::DBSubnetGroup': { nameProperty: 'DBSubnetGroupName', attributes: {} },
  'AWS::SecretsManager::Secret': { nameProperty: 'Name', ref: secretArn, attributes: { Id: secretArn } },
  'AWS::SecretsManager::SecretTargetAttachment': { ref: ({ property }) => property('SecretId') ?? '', attributes: { Id: ({ property }) => property('SecretId') ?? '' } },
  'AWS::SNS::Topic': { nameProperty: 'TopicName', ref: ({ id }) => arn('sns', id), attributes: { TopicArn: ({ id }) => arn('sns', id), TopicName: ({ id }) => id } },
  'AWS::Bedrock::Guardrail': {
    generate: (resource) => stableId(resource, 12),
    ref: guardrailArn,
    attributes: { GuardrailArn: guardrailArn, GuardrailId: ({ id }) => id, Version: () => 'DRAFT', Status: () => 'READY' },
  },
  'AWS::Bedrock::GuardrailVersion': {
    attributes: { Version: () => '1', GuardrailId: ({ property }) => property('GuardrailIdentifier')?.split('/').pop() ?? '', GuardrailArn: ({ property }) => property('GuardrailIdentifier') ?? '' },
  },
  'AWS::Bedrock::KnowledgeBase': {
    generate: knowledgeId,
    attributes: { KnowledgeBaseArn: ({ id }) => arn('bedrock', `knowledge-base/${id}`), KnowledgeBaseId: ({ id }) => id, Status: () => 'ACTIVE', ...TIMES },
  },
  'AWS::Bedrock::DataSource': {
    generate: knowledgeId,
    ref: ({ id, property }) => `${property('KnowledgeBaseId')}|${id}`,
    attributes: { DataSourceId: ({ id }) => id, DataSourceStatus: () => 'AVAILABLE', ...TIMES },
  },
  'AWS::S3Vectors::VectorBucket': { nameProperty: 'VectorBucketName', generate: lowerName, ref: vectorBucketArn, attributes: { VectorBucketArn: vectorBucketArn, ...TIMES } },
  'AWS::S3Vectors::Index': { nameProperty: 'IndexName', generate: lowerName, ref: vectorIndexArn, attributes: { IndexArn: vectorIndexArn, ...TIMES } },
  'AWS::OpenSearchServerless::Collection': {
    generate: (resource) => stableId(resource, 20),
    attributes: {
      Id: ({ id }) => id,
      Arn: ({ id }) => arn('aoss', `collection/${id}`),
      CollectionEndpoint: ({ id }) => `https://${id}.${REGION}.aoss.amazonaws.com`,
      DashboardEndpoint: ({ id }) => `https://${id}.${REGION}.aoss.amazonaws.com/_dashboards`,
      KmsKeyArn: () => 'auto',
    },
  },
  'AWS::OpenSearchServerless::CollectionGroup': { generate: (resource) => stableId(resource, 20), attributes: { Id: ({ id }) => id, Arn: ({ id }) => arn('aoss', `collection-group/${id}`) } },
  'AWS::OpenSearchServerless::AccessPolicy': { nameProperty: 'Name', attributes: {} },
  'AWS::OpenSearchServerless::CollectionIndex': { nameProperty: 'IndexName', attributes: {} },
  'AWS::OpenSearchServerless::Index': { nameProperty: 'IndexName', attributes: { Uuid: ({ resource }) => uuid(resource) } },
  'AWS::Bedrock::ApplicationInferenceProfile': {
    generate: (resource) => stableId(resource, 12),
    ref: profileArn,
    attributes: { InferenceProfileArn: profileArn, InferenceProfileId: ({ id }) => id, Status: () => 'ACTIVE', Type: () => 'APPLICATION' },
  },
};

/** Finds what `Ref` and `Fn::GetAtt` say of a resource. */
export class Identities {
  private readonly ids = new Map<Resource, string>();

  constructor(private readonly property: (resource: Resource, name: string) => string | undefined) {}

  ref(resource: Resource): string {
    const identity = IDENTITIES[resource.type];
    return identity?.ref?.(this.named(resource)) ?? this.id(resource);
  }

  /** The name or id alone, also of types whose `Ref` is an ARN. */
  id(resource: Resource): string {
    const known = this.ids.get(resource);
    if (known) return known;
    const { nameProperty, generate = generatedName } = IDENTITIES[resource.type] ?? {};
    const id = (nameProperty && this.property(resource, nameProperty)) ?? generate(resource);
    this.ids.set(resource, id);
    return id;
  }

  /** An attribute; a plausible one where the type does not run here, undefined where it runs and has none of that name. */
  attribute(resource: Resource, name: string, runs: boolean): string | undefined {
    const attribute = IDENTITIES[resource.type]?.attributes[name];
    if (attribute) return attribute(this.named(resource));
    if (runs) return undefined;
    const [, service = 'local', kind = 'resource'] = resource.type.split('::').map((part) => part.toLowerCase());
    return name.endsWith('Arn') ? arn(service, `${kind}/${this.id(resource)}`) : `${this.id(resource)}-${name}`;
  }

  private named(resource: Resource): Named {
    return { resource, id: this.id(resource), property: (name) => this.property(resource, name) };
  }
}

function functionArn(name: string | undefined): string {
  return name?.startsWith('arn:') ? name : arn('lambda', `function:${name}`);
}

function policyArn({ id, property }: Named): string {
  return arn('iam', `policy${property('Path') ?? '/'}${id}`, '');
}

function taskArn({ id }: Named): string {
  return arn('ecs', `task-definition/${id}:1`);
}

function balancerArn({ id }: Named): string {
  return arn('elasticloadbalancing', `loadbalancer/app/${id}/1`);
}

function listenerArn({ id }: Named): string {
  return arn('elasticloadbalancing', `listener/app/${id}`);
}

function targetArn({ id }: Named): string {
  return arn('elasticloadbalancing', `targetgroup/${id}/1`);
}

function guardrailArn({ id }: Named): string {
  return arn('bedrock', `guardrail/${id}`);
}

function profileArn({ id }: Named): string {
  return arn('bedrock', `application-inference-profile/${id}`);
}

function knowledgeId(resource: Resource): string {
  return stableId(resource, 10, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');
}

function vectorBucketArn({ id }: Named): string {
  return arn('s3vectors', `bucket/${id}`);
}

/** The bucket of an index is given by its name or its ARN. */
function vectorIndexArn({ id, property }: Named): string {
  return `${property('VectorBucketArn') ?? arn('s3vectors', `bucket/${property('VectorBucketName')}`)}/index/${id}`;
}

/** Six characters stand at its end, which tell a secret from a former one of its name. */
function secretArn({ id, resource }: Named): string {
  return arn('secretsmanager', `secret:${id}-${stableId(resource, 6)}`);
}

