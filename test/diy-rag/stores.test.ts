import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { InterfaceVpcEndpoint, InterfaceVpcEndpointService, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ChatbotApi, CollectionCapacity, type CollectionStoreOptions, ContainerExposure, DiyRag, type DiyRagProps, EmbeddingModel, MetadataField, Posture, SearchKind, Transport, VectorStore } from '../../lib';
import { LONGEST_VECTOR } from '../../lib/contract/passage-stores';

const COLLECTION = { collectionArn: 'arn:aws:aoss:us-east-1:111122223333:collection/abc123', collectionName: 'papers', endpoint: 'https://abc123.us-east-1.aoss.amazonaws.com' };

function synthesized(propsOf: (stack: Stack) => DiyRagProps) {
  const stack = new Stack(new App(), 'Stack');
  const rag = new DiyRag(stack, 'Rag', propsOf(stack));
  return { stack, rag, template: () => Template.fromStack(stack) };
}
const search = (options?: CollectionStoreOptions, props: DiyRagProps = {}) => () => ({ store: VectorStore.openSearchServerless(options), ...props });

/** What data access policies let whom do. */
function dataRules(template: Template) {
  return Object.entries(template.findResources('AWS::OpenSearchServerless::AccessPolicy')).map(([id, { Properties: { Policy } }]) => {
    return { id, permissions: JSON.stringify(Policy).match(/aoss:\w+/g)!.sort() };
  });
}

describe('vectors', () => {
  const secretOf = (stack: Stack) => Secret.fromSecretCompleteArn(stack, 'Key', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:pinecone-AbCdEf');
  const stores: readonly (readonly [keyof typeof LONGEST_VECTOR, number, (stack: Stack) => VectorStore, string])[] = [
    ['s3Vectors', 4_096, () => VectorStore.s3Vectors(), 'VectorStore.s3Vectors()'],
    ['pgvector', 4_000, () => VectorStore.auroraPgvector(), 'VectorStore.auroraPgvector()'],
    ['openSearch', 16_000, () => VectorStore.openSearchServerless(), 'VectorStore.openSearchServerless()'],
    ['pinecone', 20_000, (stack) => VectorStore.pinecone({ endpoint: 'https://x.pinecone.io', secret: secretOf(stack) }), 'VectorStore.pinecone()'],
    ['redis', 32_768, () => VectorStore.redis({ host: 'redis.example.com' }), 'VectorStore.redis()'],
    ['memoryDb', 32_768, () => VectorStore.memoryDb(), 'VectorStore.memoryDb()'],
  ];
  const of = (dimension: number, storeOf: (stack: Stack) => VectorStore) => synthesized((stack) => ({
    store: storeOf(stack), embedding: EmbeddingModel.foundation('amazon.titan-embed-text-v2:9', { dimension }),
  }));

  test.each(stores)('of %s have at most %i places', (kind, most, storeOf, called) => {
    expect(LONGEST_VECTOR[kind]).toBe(most);
    expect(() => of(most, storeOf)).not.toThrow();
    expect(() => of(most + 1, storeOf)).toThrow(`'embedding' must make vectors of at most ${most} places with ${called}, which indexes no longer ones, got ${most + 1}: name a shorter 'dimension' that the model offers`);
  });

  test('that are too long for a store are told which take them', () => {
    expect(() => of(17_000, () => VectorStore.openSearchServerless())).toThrow('that the model offers, or take VectorStore.memoryDb() or VectorStore.redis() or VectorStore.pinecone()');
    expect(() => of(40_000, () => VectorStore.memoryDb())).toThrow(/that the model offers$/m);
  });

  test.each([0, 1.5, -1])('of %d places are none', (dimension) => {
    expect(() => of(dimension, () => VectorStore.s3Vectors())).toThrow("'dimension'");
  });
});

describe('a collection of OpenSearch Serverless', () => {
  test('sleeps when nobody asks, and is let into by the roles that write and search alone', () => {
    const template = synthesized(search()).template();
    template.hasResourceProperties('AWS::OpenSearchServerless::CollectionGroup', { Generation: 'NEXTGEN', CapacityLimits: Match.objectLike({ MinSearchCapacityInOcu: 0, MinIndexingCapacityInOcu: 0 }) });
    template.resourceCountIs('AWS::OpenSearchServerless::Index', 0);
    const rules = dataRules(template);
    expect(rules.map(({ permissions }) => permissions)).toEqual(expect.arrayContaining([
      ['aoss:ReadDocument'], ['aoss:CreateIndex', 'aoss:DeleteIndex', 'aoss:DescribeIndex', 'aoss:ReadDocument', 'aoss:WriteDocument'],
    ]));
    expect(rules).toHaveLength(2);
    expect(JSON.stringify(template.findResources('AWS::OpenSearchServerless::SecurityPolicy', { Properties: { Type: 'network' } }))).toContain('AllowFromPublic\\":true');
  });

  test('is reached from the VPC alone with the regulated posture, by one endpoint for all', () => {
    const { stack, rag } = synthesized(search({}, { posture: Posture.regulated() }));
    expect(rag.node.path).toBe('Stack/Rag');
    new DiyRag(stack, 'Other', { store: VectorStore.openSearchServerless(), posture: Posture.regulated() });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::OpenSearchServerless::VpcEndpoint', 1);
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', { ServiceName: Match.objectLike({ 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('aoss')])] }) });
    const [network] = Object.values(template.findResources('AWS::OpenSearchServerless::SecurityPolicy', { Properties: { Type: 'network' } }));
    expect(JSON.stringify(network)).toMatch(/AllowFromPublic\\":false.*SourceVPCEs/);
  });

  test('of one\'s own is given nothing but who may do what in it', () => {
    const template = synthesized(search({ collection: COLLECTION })).template();
    template.resourceCountIs('AWS::OpenSearchServerless::Collection', 0);
    template.resourceCountIs('AWS::OpenSearchServerless::SecurityPolicy', 0);
    expect(dataRules(template)).toHaveLength(2);
    expect(JSON.stringify(template.findResources('AWS::OpenSearchServerless::AccessPolicy'))).toMatch(/index\/papers\/passages_[0-9a-f]{8}_/);
  });

  test('of another stack is let into from the stack of who searches', () => {
    const { stack, rag } = synthesized(search());
    const other = new Stack(stack.node.root as App, 'Other');
    const role = Role.fromRoleArn(other, 'Reader', 'arn:aws:iam::111122223333:role/reader');
    rag.bind(other, role);
    expect(dataRules(Template.fromStack(other)).map(({ permissions }) => permissions)).toEqual([['aoss:ReadDocument']]);
    expect(dataRules(Template.fromStack(stack))).toHaveLength(2);
  });

  test.each<[string, (stack: Stack) => DiyRagProps, string]>([
    ['a collection beside a capacity', search({ collection: COLLECTION, capacity: CollectionCapacity.classic() }), "'collection' must stand alone, for what you have is not made again: leave 'capacity' and 'vpcEndpointId' out, or 'collection'"],
    ['an ARN of something else', search({ collection: { ...COLLECTION, collectionArn: 'arn:aws:s3:::papers' } }), "'collection.collectionArn' must be the ARN of a collection"],
    ['an address with a path', search({ collection: { ...COLLECTION, endpoint: 'https://abc123.us-east-1.aoss.amazonaws.com/passages' } }), "'collection.endpoint' must be the address of a collection without a path"],
    ['an endpoint where nothing runs in a VPC', search({ vpcEndpointId: 'vpce-1' }), "'vpcEndpointId' must be left out with Posture.standard()"],
    ['no endpoint where none is made', (stack) => search({}, { posture: Posture.regulated({ vpc: new Vpc(stack, 'Vpc'), vpcEndpoints: false }) })(), "'vpcEndpointId' must be the endpoint of OpenSearch Serverless that the VPC has"],
  ])('refuses %s', (_, propsOf, message) => {
    expect(() => synthesized(propsOf)).toThrow(message);
  });
});

describe('an index of Pinecone', () => {
  const secretOf = (stack: Stack) => Secret.fromSecretCompleteArn(stack, 'Key', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:pinecone-AbCdEf');

  test('is opened by its secret alone', () => {
    const template = synthesized((stack) => ({ store: VectorStore.pinecone({ endpoint: 'https://docs-abc123.svc.us-east-1.pinecone.io', secret: secretOf(stack) }) })).template();
    expect(JSON.stringify(template.findResources('AWS::IAM::ManagedPolicy')).match(/secretsmanager:\w+/g)).toEqual(expect.arrayContaining(['secretsmanager:GetSecretValue']));
    expect(JSON.stringify(template.findResources('AWS::IAM::ManagedPolicy'))).not.toContain('DescribeSecret');
  });

  test.each<[string, (stack: Stack) => VectorStore, string]>([
    ['an address with a path', (stack) => VectorStore.pinecone({ endpoint: 'https://x.pinecone.io/query', secret: secretOf(stack) }), "'endpoint' must be the address of an index without a path"],
    ['a secret whose whole ARN is not known', (stack) => VectorStore.pinecone({ endpoint: 'https://x.pinecone.io', secret: Secret.fromSecretNameV2(stack, 'Named', 'pinecone') }), "'secret' must be a secret whose whole ARN is known"],
  ])('refuses %s', (_, storeOf, message) => {
    expect(() => synthesized((stack) => ({ store: storeOf(stack) }))).toThrow(message);
  });
});

describe.each<[string, number, (stack: Stack) => VectorStore]>([
  ['an index of Pinecone', 443, (stack) => VectorStore.pinecone({
    endpoint: 'https://x.pinecone.io', secret: Secret.fromSecretCompleteArn(stack, 'Key', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:pinecone-AbCdEf'),
  })],
  ['a server of Redis outside of a VPC', 6_380, () => VectorStore.redis({ host: 'redis.example.com', port: 6_380 })],
])('%s, with the regulated posture,', (_, port, storeOf) => {
  test('is refused where no way leads to it', () => {
    expect(() => synthesized((stack) => ({ store: storeOf(stack), posture: Posture.regulated() }))).toThrow(
      /'posture' must put handlers into subnets that lead to the internet, such as Posture\.regulated\({ vpc }\) with a VPC whose private subnets have a NAT gateway, .* got isolated subnets of Stack\/.*: give such a VPC/);
    expect(() => synthesized((stack) => {
      const vpc = new Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'Own', subnetType: SubnetType.PRIVATE_ISOLATED }] });
      return { store: storeOf(stack), posture: Posture.regulated({ vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED } }) };
    })).toThrow('got isolated subnets of Stack/Vpc');
  });

  test('is reached from a VPC that leads there, by its port', () => {
    const template = synthesized((stack) => ({ store: storeOf(stack), posture: Posture.regulated({ vpc: new Vpc(stack, 'Vpc') }) })).template();
    const ports = Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(({ Properties: { SecurityGroupEgress = [] } }) => SecurityGroupEgress as { FromPort?: number }[]);
    expect(ports.filter(({ FromPort }) => FromPort === port).length).toBeGreaterThanOrEqual(2);
  });

  test('is refused to a chat that nothing leads from', () => {
    const { stack, rag } = synthesized((own) => ({ store: storeOf(own) }));
    expect(() => new ChatbotApi(stack, 'Chat', { knowledge: rag, posture: Posture.regulated() })).toThrow("'posture' must put handlers into subnets that lead to the internet");
  });
});

test('a private endpoint of Pinecone is reached from isolated subnets, and let in by', () => {
  const propsOf = (regulated: boolean) => (stack: Stack): DiyRagProps => {
    const vpc = new Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [{ name: 'Own', subnetType: SubnetType.PRIVATE_ISOLATED }] });
    const privateEndpoint = new InterfaceVpcEndpoint(stack, 'Pinecone', { vpc, service: new InterfaceVpcEndpointService('com.amazonaws.vpce.us-east-1.vpce-svc-1', 443), open: false });
    const secret = Secret.fromSecretCompleteArn(stack, 'Key', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:pinecone-AbCdEf');
    const store = VectorStore.pinecone({ endpoint: 'https://x.pinecone.io', secret, privateEndpoint });
    return { store, ...regulated && { posture: Posture.regulated({ vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED } }) } };
  };
  const rules = Object.values(synthesized(propsOf(true)).template().findResources('AWS::EC2::SecurityGroupIngress'));
  const ofPinecone = rules.filter(({ Properties: { GroupId, FromPort } }) => FromPort === 443 && JSON.stringify(GroupId).includes('Pinecone'));
  expect(ofPinecone.length).toBeGreaterThanOrEqual(2);
  expect(() => synthesized(propsOf(false))).toThrow("'posture' must be Posture.regulated({ vpc }) with the VPC in which the private endpoint of an index of Pinecone lies");
});

test.each<[string, (stack: Stack) => VectorStore, string]>([
  ['Redis', () => VectorStore.redis({ host: 'redis.example.com', tls: false }), "'tls' must be true with Posture.regulated()"],
  ['Pinecone', (stack) => VectorStore.pinecone({
    endpoint: 'http://x.pinecone.io', secret: Secret.fromSecretCompleteArn(stack, 'Key', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:pinecone-AbCdEf'),
  }), "'endpoint' must begin with https:// with Posture.regulated()"],
])('%s in the clear is refused with the regulated posture', (_, storeOf, message) => {
  expect(() => synthesized((stack) => ({ store: storeOf(stack), posture: Posture.regulated({ vpc: new Vpc(stack, 'Vpc') }) }))).toThrow(message);
});

test('a chat in a container connects to no database', () => {
  const { stack, rag } = synthesized(() => ({ store: VectorStore.redis({ host: 'redis.example.com' }) }));
  expect(() => new ChatbotApi(stack, 'Chat', { knowledge: rag, transport: Transport.container({ exposure: ContainerExposure.internalHttp() }) })).toThrow("'knowledge' must be kept in a store that is called over HTTPS");
});

describe('a cluster of MemoryDB', () => {
  test('searches vectors in one shard, lets two users in by IAM, and handlers that run beside it', () => {
    const template = synthesized(() => ({ store: VectorStore.memoryDb() })).template();
    template.hasResourceProperties('AWS::MemoryDB::Cluster', { NumShards: 1, NumReplicasPerShard: 1, TLSEnabled: true, ParameterGroupName: 'default.memorydb-redis7.search' });
    const users = Object.values(template.findResources('AWS::MemoryDB::User')).map(({ Properties: { AccessString } }) => String(AccessString));
    expect(users.map((access) => [access.includes('+hset'), access.includes('+ft.search')]).sort()).toEqual([[false, true], [true, false]]);
    expect(Object.values(template.findResources('AWS::Lambda::Function')).filter(({ Properties: { VpcConfig } }) => VpcConfig !== undefined).length).toBeGreaterThanOrEqual(2);
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6379 });
  });

  test('lies in the VPC of the posture', () => {
    synthesized(() => ({ store: VectorStore.memoryDb(), posture: Posture.regulated() })).template().resourceCountIs('AWS::EC2::VPC', 1);
  });

  test('has no table of words where nobody searches by them', () => {
    const tables = (kind: SearchKind) => {
      const template = synthesized(() => ({ store: VectorStore.memoryDb(), retrieval: { search: kind } })).template();
      return Object.keys(template.findResources('AWS::DynamoDB::GlobalTable')).length;
    };
    expect(tables(SearchKind.HYBRID) - tables(SearchKind.SEMANTIC)).toBe(1);
  });

  const many = Array.from({ length: 49 }, (_, at) => MetadataField.number(`field${at}`));
  test.each<[string, () => DiyRagProps, string]>([
    ['nodes that search no vectors', () => ({ store: VectorStore.memoryDb({ nodeType: 'db.m5.large' }) }), "'nodeType' must be a kind of node that searches vectors, such as db.t4g.small or db.r7g.large, got 'db.m5.large'"],
    ['six replicas', () => ({ store: VectorStore.memoryDb({ replicas: 6 }) }), "'replicas'"],
    ['more fields than an index has', () => ({ store: VectorStore.memoryDb(), retrieval: { fields: many } }), "'retrieval.fields' must be at most 48 with VectorStore.memoryDb()"],
  ])('refuses %s', (_, propsOf, message) => expect(() => synthesized(propsOf)).toThrow(message));
});

describe('a server of Redis', () => {
  const network = (stack: Stack) => {
    const vpc = new Vpc(stack, 'Vpc');
    return { vpc, securityGroup: new SecurityGroup(stack, 'Redis', { vpc }) };
  };

  test('in a VPC lets handlers in that run there', () => {
    const template = synthesized((stack) => ({ store: VectorStore.redis({ host: 'redis.internal', ...network(stack) }) })).template();
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 6379 });
  });

  test.each<[string, (stack: Stack) => VectorStore, string]>([
    ['an address', () => VectorStore.redis({ host: 'redis://redis.example.com:6379' }), "'host' must be the name of a server without a scheme or a port"],
    ['a security group without its VPC', (stack) => VectorStore.redis({ host: 'redis.internal', securityGroup: network(stack).securityGroup }), "'vpc' must be given with 'vpcSubnets' and 'securityGroup'"],
    ['a VPC without the server\'s security group', (stack) => VectorStore.redis({ host: 'redis.internal', vpc: network(stack).vpc }), "'securityGroup' must be the group of the server"],
  ])('refuses %s', (_, storeOf, message) => expect(() => synthesized((stack) => ({ store: storeOf(stack) }))).toThrow(message));
});

test('S3 Vectors refuses more fields than it keeps beside a vector', () => {
  const fields = Array.from({ length: 49 }, (_, at) => MetadataField.number(`field${at}`));
  expect(() => synthesized(() => ({ retrieval: { fields } }))).toThrow("'retrieval.fields' must be at most 48 with VectorStore.s3Vectors(), which keeps no more beside a vector, got 49: declare fewer, or take VectorStore.openSearchServerless()");
});
