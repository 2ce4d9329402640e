import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AuroraPostgresEngineVersion, ClusterInstance, DatabaseCluster, DatabaseClusterEngine } from 'aws-cdk-lib/aws-rds';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type AuroraVectorStoreOptions, ChatbotApi, ContainerExposure, DiyRag, type DiyRagProps, EmbeddingModel, Posture, Transport, VectorStore } from '../../lib';

function define(options: AuroraVectorStoreOptions | ((stack: Stack) => AuroraVectorStoreOptions) = {}, props: (stack: Stack) => DiyRagProps = () => ({})) {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  const rag = new DiyRag(stack, 'Rag', { store: VectorStore.auroraPgvector(typeof options === 'function' ? options(stack) : options), ...props(stack) });
  return { app, stack, rag, template: () => Template.fromStack(stack) };
}

/** A cluster of the same app, with a login of its own. */
function existing(stack: Stack): AuroraVectorStoreOptions {
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2 });
  const cluster = new DatabaseCluster(stack, 'Database', {
    engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_16_6 }), vpc, writer: ClusterInstance.serverlessV2('Writer'), enableDataApi: true, iamAuthentication: true, storageEncrypted: true,
  });
  return { cluster: { cluster, credentials: cluster.secret!, database: 'postgres', vpc } };
}

/** What the roles of functions may do to databases, by the function. */
function connects(template: Template): Record<string, string[]> {
  const policies = Object.entries(template.findResources('AWS::IAM::ManagedPolicy'));
  return Object.fromEntries(policies.flatMap(([id, { Properties }]) => {
    const users = (Properties.PolicyDocument.Statement as { Action: unknown; Resource: unknown }[]).filter(({ Action }) => Action === 'rds-db:connect')
      .map(({ Resource }) => /dbuser:",(.*)\/(\w+)"/.exec(JSON.stringify(Resource))?.slice(1).join(' ') ?? JSON.stringify(Resource));
    return users.length > 0 ? [[id.replace(/^Rag|Role.*/g, ''), users]] : [];
  }));
}

const RESOURCE = '{"Fn::GetAtt":["RagIndexStoreCluster3AD6F81E","DBClusterResourceId"]},"';

describe('a cluster that is made', () => {
  test('sleeps when nobody asks, is encrypted, and takes log-ins by IAM', () => {
    const template = define().template();
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      Engine: 'aurora-postgresql',
      EngineVersion: Match.stringLikeRegexp('^17'),
      EnableIAMDatabaseAuthentication: true,
      StorageEncrypted: true,
      DeletionProtection: false,
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 },
    });
    template.hasResourceProperties('Custom::PgvectorStore', { Schema: 'passages' });
  });

  test('each function may log in as who it has to be, and as nobody else', () => {
    const { template } = define();
    const grants = connects(template());
    const all = Object.entries(grants).map(([role, users]) => [role, users.map((user) => user.replace(RESOURCE, '').replace(/.*\}?[" ]/, ''))]);
    // Who keeps the index searches it too, where two are compared.
    expect(Object.fromEntries(all)).toEqual({ IndexSyncHandler: ['passages_writes', 'passages_owns', 'passages_reads'], Handler: ['passages_reads'] });
    expect(JSON.stringify(grants)).toContain('DBClusterResourceId');
  });

  test('functions that search and write run beside it and reach it, and others do not', () => {
    const template = define().template();
    const placed = Object.entries(template.findResources('AWS::Lambda::Function', { Properties: { VpcConfig: Match.anyValue() } })).map(([id]) => id.replace(/Function.*/, ''));
    expect(placed.sort()).toEqual(['RagHandler', 'RagIndexSyncHandler']);
    const rules = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).filter(({ Properties }) => Properties.FromPort === 54_320);
    expect(rules).toHaveLength(2);
    const endpoints = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) => /\.([\w-]+)"?\]?\]?\}?$/.exec(JSON.stringify(Properties.ServiceName))?.[1]);
    expect(endpoints.sort()).toEqual(['bedrock-runtime', 'dynamodb', 's3', 'sqs', 'xray']);
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
  });

  test('lies in the VPC that is given, whose way out functions take', () => {
    const { template } = define((stack) => ({ vpc: new Vpc(stack, 'Vpc', { maxAzs: 2 }), minCapacity: 1, maxCapacity: 8 }));
    template().resourceCountIs('AWS::EC2::VPC', 1);
    template().resourceCountIs('AWS::EC2::VPCEndpoint', 0);
    template().hasResourceProperties('AWS::RDS::DBCluster', { ServerlessV2ScalingConfiguration: { MinCapacity: 1, MaxCapacity: 8 } });
  });

  test('is protected, and in the VPC of the posture, where that is regulated', () => {
    const template = define({}, () => ({ posture: Posture.regulated() })).template();
    template.hasResource('AWS::RDS::DBCluster', { DeletionPolicy: 'Retain', Properties: { DeletionProtection: true, KmsKeyId: Match.anyValue() } });
    template.resourceCountIs('AWS::EC2::VPC', 1);
  });

  test('a chat over it runs beside it, and may search and nothing else', () => {
    const { stack, rag, template } = define();
    new ChatbotApi(stack, 'Chat', { knowledge: rag });
    expect(Object.keys(connects(template()))).toContain('ChatHandler');
    template().hasResourceProperties('AWS::Lambda::Function', { Description: 'Answers chat requests', VpcConfig: Match.anyValue() });
  });
});

describe('a cluster that is there', () => {
  test('gets a schema of this stack\'s own, and lets functions in', () => {
    const template = define(existing).template();
    template.resourceCountIs('AWS::RDS::DBCluster', 1);
    const [{ Properties: { Schema } }] = Object.values(template.findResources('Custom::PgvectorStore'));
    expect(JSON.stringify(Schema)).toMatch(/passages_[0-9a-f]{8}_.*AWS::StackId/);
    expect(JSON.stringify(template.findResources('AWS::IAM::ManagedPolicy'))).toMatch(/passages_[0-9a-f]{8}_.{0,200}AWS::StackId.{0,60}_writes/);
    expect(Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).filter(({ Properties }) => JSON.stringify(Properties.FromPort).includes('Endpoint.Port'))).toHaveLength(2);
  });

  test('may come from elsewhere, by its attributes', () => {
    const { template } = define((stack) => ({
      cluster: {
        cluster: DatabaseCluster.fromDatabaseClusterAttributes(stack, 'Database', {
          clusterIdentifier: 'papers',
          clusterResourceIdentifier: 'cluster-ABCD',
          clusterEndpointAddress: 'papers.cluster-x.eu-west-1.rds.amazonaws.com',
          port: 5432,
          securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0')],
        }),
        credentials: Secret.fromSecretCompleteArn(stack, 'Login', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:login-AbCdEf'),
        database: 'papers',
        vpc: new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0, subnetConfiguration: [{ name: 'Private', subnetType: SubnetType.PRIVATE_ISOLATED }] }),
        vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      },
    }));
    expect(JSON.stringify(connects(template()))).toContain('cluster-ABCD');
    expect(JSON.stringify(template().toJSON())).toContain('papers.cluster-x.eu-west-1.rds.amazonaws.com');
    template().resourceCountIs('AWS::RDS::DBCluster', 0);
    // Nothing leads out of isolated subnets.
    template().hasResourceProperties('AWS::EC2::VPCEndpoint', { ServiceName: Match.objectLike({ 'Fn::Join': Match.arrayWith([Match.arrayWith(['.bedrock-runtime'])]) }) });
  });
});

describe('refuses', () => {
  const imported = (stack: Stack, attributes: object): AuroraVectorStoreOptions => ({
    cluster: {
      ...existing(stack).cluster!,
      cluster: DatabaseCluster.fromDatabaseClusterAttributes(stack, 'Imported', { clusterIdentifier: 'papers', ...attributes }),
    },
  });
  const cases: [string, AuroraVectorStoreOptions | ((stack: Stack) => AuroraVectorStoreOptions), string][] = [
    ['more options beside a cluster', (stack) => ({ ...existing(stack), maxCapacity: 2 }), "'cluster' must stand alone"],
    ['quarters of units', { minCapacity: 0.25 }, "'minCapacity' must be between 0 and 256 by halves, got 0.25"],
    ['a pause of what never sleeps', { minCapacity: 1, pauseAfter: Duration.minutes(9) }, "'pauseAfter' must be left out where the cluster never sleeps"],
    ['a database whose name would be a statement', (stack) => ({ cluster: { ...existing(stack).cluster!, database: 'a;b' } }), "'cluster.database' must be a name of 1 to 63 letters"],
    ['a cluster that nobody can reach', (stack) => imported(stack, {}), "'cluster.cluster' must be a cluster whose securityGroups are known"],
    ['a cluster that is nowhere', (stack) => imported(stack, { securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0')] }), 'whose clusterEndpointAddress and port are known'],
    ['a cluster that no grant can name', (stack) => imported(stack, { securityGroups: [SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0')], clusterEndpointAddress: 'x', port: 1 }), 'whose clusterResourceIdentifier are known'],
  ];
  test.each(cases)('%s', (_, options, message) => {
    expect(() => define(options)).toThrow(message);
  });

  test('vectors that cannot be indexed', () => {
    expect(() => define({}, () => ({ embedding: EmbeddingModel.foundation('amazon.nova-2-multimodal-embeddings-v1:0', { dimension: 4_096 }) }))).toThrow(/4096|dimension/);
  });

  test('another VPC than the posture\'s', () => {
    expect(() => define((stack) => ({ vpc: new Vpc(stack, 'Vpc') }), () => ({ posture: Posture.regulated() }))).toThrow("'vpc' must be the VPC of the posture");
  });

  test('a chat in a container, which cannot tell the database from another', () => {
    const { stack, rag } = define();
    const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:123456789012:certificate/1');
    expect(() => new ChatbotApi(stack, 'Chat', { knowledge: rag, transport: Transport.container({ exposure: ContainerExposure.internal({ domainName: 'chat.example.com', certificate }) }) })).toThrow("'knowledge' must be kept in a store that is called over HTTPS");
  });
});
