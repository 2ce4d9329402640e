import { App, Duration, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { defineBase } from './define-base';
import { EmbeddingModel, KnowledgeStore, Posture } from '../../lib';
import { PGVECTOR_SCHEMA_ENV } from '../../lib/contract/pgvector-schema';

const store = KnowledgeStore.auroraPgvector();
const TITAN = 'amazon.titan-embed-text-v2:0';
const CLUSTER = 'arn:aws:rds:us-east-1:111122223333:cluster:docs';
const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:docs-AbCdEf';
const existing = (stack: Stack) => ({ clusterArn: CLUSTER, credentials: Secret.fromSecretCompleteArn(stack, 'Login', SECRET), database: 'docs' });

describe('KnowledgeStore.auroraPgvector', () => {
  test('sleeps while nobody asks, behind a Data API, under a password that the service keeps', () => {
    const { template } = defineBase({ store });
    template().hasResourceProperties('AWS::RDS::DBCluster', {
      Engine: 'aurora-postgresql',
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 },
      EnableHttpEndpoint: true,
      ManageMasterUserPassword: true,
      StorageEncrypted: true,
      MasterUserPassword: Match.absent(),
    });
    template().resourceCountIs('AWS::RDS::DBInstance', 1);
    template().hasResourceProperties('AWS::RDS::DBInstance', { DBInstanceClass: 'db.serverless', PubliclyAccessible: false });
  });

  test('is searched by meaning and by words, in the columns that its table has', () => {
    const { binding } = defineBase({ store });
    expect(binding.searches).toEqual(['HYBRID', 'SEMANTIC']);
    expect(binding.storageConfiguration).toMatchObject({
      type: 'RDS',
      rdsConfiguration: {
        databaseName: 'knowledge',
        tableName: expect.stringMatching(/^knowledge\.passages_1024_[0-9a-f]{8}$/),
        fieldMapping: { primaryKeyField: 'id', vectorField: 'embedding', textField: 'chunks', metadataField: 'metadata', customMetadataField: 'custom_metadata' },
      },
    });
  });

  test('has its table made by one custom resource of its own, before the knowledge base and after the database', () => {
    const { template } = defineBase({ store });
    const tables = template().findResources('Custom::PgvectorTable');
    const [[id, { Properties, DependsOn }]] = Object.entries(tables);
    expect(Object.keys(tables)).toHaveLength(1);
    expect(Properties).toMatchObject({ Dimension: '1024', Table: expect.stringMatching(/^passages_1024_/), ServiceTimeout: '900' });
    expect(DependsOn).toEqual(expect.arrayContaining([expect.stringMatching(/^StoreWriter/)]));
    template().hasResource('AWS::Bedrock::KnowledgeBase', { DependsOn: Match.arrayWith([id]) });
    const [{ Properties: handler }] = Object.values(template().findResources('AWS::Lambda::Function', { Properties: { Description: 'Makes the table of a knowledge base' } }));
    expect(Object.keys(handler.Environment.Variables as object).sort()).toEqual([...PGVECTOR_SCHEMA_ENV].sort());
  });

  test('keeps the way to the database and to CloudFormation open until its table is dropped, in a network without another', () => {
    const { template } = defineBase({ store, posture: Posture.regulated() });
    const [{ DependsOn }] = Object.values(template().findResources('AWS::Lambda::Function', { Properties: { Description: 'Makes the table of a knowledge base' } }));
    for (const service of ['rdsdata', 's3']) expect(DependsOn).toContainEqual(expect.stringMatching(new RegExp(`^PostureNetwork${service}[0-9A-F]{8}$`)));
    const [{ DependsOn: before }] = Object.values(template().findResources('Custom::PgvectorTable'));
    expect(before).toContainEqual(expect.stringMatching(/^StoreSchemaFunction/));
  });

  test('takes another table for vectors of another length', () => {
    const { template } = defineBase({ store, embedding: EmbeddingModel.foundation(TITAN, { dimension: 256 }) });
    template().hasResourceProperties('Custom::PgvectorTable', { Dimension: '256', Table: Match.stringLikeRegexp('^passages_256_') });
  });

  test('takes a table of its own in a cluster that many stacks share, in which constructs have the same paths', () => {
    const tableOf = (app = new App()) => {
      const { template } = defineBase({ store: (stack) => KnowledgeStore.auroraPgvector({ cluster: existing(stack) }) }, app);
      const [{ Properties }] = Object.values(template().findResources('Custom::PgvectorTable'));
      return Properties.Table as { 'Fn::Join': [string, [string, object]] };
    };
    const table = tableOf();
    const { 'Fn::Join': [, [own, ofStack]] } = table;
    expect(own).toMatch(/^passages_1024_[0-9a-f]{8}_$/);
    expect(JSON.stringify(ofStack)).toContain('AWS::StackId');
    expect(tableOf()).toEqual(table);
    // As the handler takes it: eight characters more come from the stack.
    expect(own.length + 8).toBeLessThanOrEqual(40);
  });

  test('grants the Data API of one cluster and one secret', () => {
    const rights = defineBase({ store }).granted().filter((each) => /^(rds|secrets)/.test(each)).map((each) => each.replace(/[0-9A-F]{8}/, ''));
    expect(rights).toEqual([
      'rds-data:BatchExecuteStatement on ${StoreCluster.DBClusterArn}',
      'rds-data:ExecuteStatement on ${StoreCluster.DBClusterArn}',
      'secretsmanager:GetSecretValue on ${StoreCluster.MasterUserSecret.SecretArn}',
      'rds:DescribeDBClusters on ${StoreCluster.DBClusterArn}',
    ]);
  });

  test('is encrypted by a key of yours, its password too', () => {
    const { template } = defineBase({ store, encrypted: true });
    const key = { 'Fn::GetAtt': ['Key961B73FD', 'Arn'] };
    template().hasResourceProperties('AWS::RDS::DBCluster', { KmsKeyId: key, MasterUserSecret: { KmsKeyId: key } });
  });

  test('refuses to be deleted in the regulated posture, in its VPC, whose endpoints lead to the Data API', () => {
    const { template } = defineBase({ store, posture: Posture.regulated() });
    template().hasResource('AWS::RDS::DBCluster', { DeletionPolicy: 'Retain', Properties: { DeletionProtection: true, BackupRetentionPeriod: 35 } });
    template().resourceCountIs('AWS::EC2::VPC', 1);
    template().hasResourceProperties('AWS::EC2::VPCEndpoint', { ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, '.rds-data']] } });
  });

  test('leaves a snapshot behind otherwise', () => {
    defineBase({ store }).template().hasResource('AWS::RDS::DBCluster', { DeletionPolicy: 'Snapshot' });
  });

  test('lies in a VPC of yours', () => {
    const { template } = defineBase({ store: (stack) => KnowledgeStore.auroraPgvector({ vpc: new Vpc(stack, 'Mine'), minCapacity: 0.5 }) });
    template().resourceCountIs('AWS::EC2::VPC', 1);
    template().hasResourceProperties('AWS::RDS::DBCluster', { ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, SecondsUntilAutoPause: Match.absent() } });
  });

  test('takes a cluster that is there, and makes a table in it', () => {
    const { template, binding, granted } = defineBase({ store: (stack) => KnowledgeStore.auroraPgvector({ cluster: existing(stack) }) });
    template().resourceCountIs('AWS::RDS::DBCluster', 0);
    template().resourceCountIs('Custom::PgvectorTable', 1);
    expect(binding.storageConfiguration).toMatchObject({ rdsConfiguration: { resourceArn: CLUSTER, credentialsSecretArn: SECRET, databaseName: 'docs' } });
    expect(granted()).toContain(`secretsmanager:GetSecretValue on ${SECRET}`);
  });

  test.each<[string, (stack: Stack) => KnowledgeStore, EmbeddingModel | undefined, string]>([
    ['vectors of bits', () => store, EmbeddingModel.foundation(TITAN, { binary: true }), "'embedding' must make float vectors with KnowledgeStore.auroraPgvector()"],
    ['vectors that are too long for an index', () => store, EmbeddingModel.foundation('amazon.nova-2-multimodal-embeddings-v1:0', { dimension: 3072 }), 'at most 2000 places'],
    ['a part of half a unit', () => KnowledgeStore.auroraPgvector({ minCapacity: 0.3 }), undefined, "'minCapacity' must be between 0 and 256 by halves, got 0.3"],
    ['a most below the least', () => KnowledgeStore.auroraPgvector({ minCapacity: 8 }), undefined, "'maxCapacity' must be between 8 and 256 by halves, got 4"],
    ['a nap', () => KnowledgeStore.auroraPgvector({ pauseAfter: Duration.minutes(1) }), undefined, "'pauseAfter' must be between 5 minutes and 1 day"],
    ['sleep of what never sleeps', () => KnowledgeStore.auroraPgvector({ minCapacity: 1, pauseAfter: Duration.hours(1) }), undefined, "'pauseAfter' must be left out where the cluster never sleeps"],
    ['a cluster beside what would make one', (stack) => KnowledgeStore.auroraPgvector({ cluster: existing(stack), pauseAfter: Duration.hours(1) }), undefined, "'cluster' must stand alone"],
    ['a secret whose whole ARN nobody knows', (stack) => KnowledgeStore.auroraPgvector({ cluster: { ...existing(stack), credentials: Secret.fromSecretNameV2(stack, 'Named', 'docs') } }), undefined,
      "'cluster.credentials' must be a secret whose whole ARN is known"],
    ['a network of one zone', (stack) => KnowledgeStore.auroraPgvector({ vpc: new Vpc(stack, 'Mine', { maxAzs: 1 }) }), undefined, "'vpcSubnets' must be subnets of at least two zones"],
  ])('refuses %s', (_, make, embedding, message) => {
    expect(() => defineBase({ store: make, embedding })).toThrow(message);
  });
});
