import { Duration, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnCluster } from 'aws-cdk-lib/aws-redshift';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { defineStructured, rights, WORKGROUP } from './define-structured';
import { ApiAuth, ChatbotApi, Inclusion, QueryEngine, RagApi, RedshiftLogin, StructuredData, type StructuredKnowledgeProps, SyncPolicy } from '../../lib';

const secretOf = (stack: Stack) => Secret.fromSecretCompleteArn(stack, 'Login', 'arn:aws:secretsmanager:us-east-1:111122223333:secret:login-AbCdEf');
const BASE_ROLE = /KnowledgeBaseRole/;
const OWN = ' where {"StringEquals":{"redshift-data:statement-owner-iam-userid":"${aws:userid}"}}';
/** What every engine and login takes. */
const ALWAYS = [
  'bedrock:GenerateQuery on *',
  `redshift-data:CancelStatement on *${OWN}`, `redshift-data:DescribeStatement on *${OWN}`, `redshift-data:GetStatementResult on *${OWN}`,
  'sqlworkbench:DeleteSqlGenerationContext on *', 'sqlworkbench:GetSqlGenerationContext on *', 'sqlworkbench:GetSqlRecommendations on *', 'sqlworkbench:PutSqlGenerationContext on *',
];
const sorted = (...more: string[]) => [...ALWAYS, ...more].sort();

describe('the knowledge base', () => {
  const { template } = defineStructured({
    queries: {
      timeout: Duration.seconds(30),
      tables: [{
        name: 'sales.public.orders',
        description: 'One row an order',
        inclusion: Inclusion.INCLUDE,
        columns: [{ name: 'amount', description: 'In US dollars' }, { name: 'card', inclusion: Inclusion.EXCLUDE }],
      }],
      curated: [{ question: 'How much did we sell?', sql: 'SELECT sum(amount) FROM sales.public.orders' }],
    },
  });

  test('asks a database by queries that are written with what is said of its tables', () => {
    template().hasResourceProperties('AWS::Bedrock::KnowledgeBase', {
      KnowledgeBaseConfiguration: {
        Type: 'SQL',
        SqlKnowledgeBaseConfiguration: {
          Type: 'REDSHIFT',
          RedshiftConfiguration: {
            QueryEngineConfiguration: { Type: 'SERVERLESS', ServerlessConfiguration: { WorkgroupArn: WORKGROUP, AuthConfiguration: { Type: 'IAM' } } },
            StorageConfigurations: [{ Type: 'REDSHIFT', RedshiftConfiguration: { DatabaseName: 'sales' } }],
            QueryGenerationConfiguration: {
              ExecutionTimeoutSeconds: 30,
              GenerationContext: {
                Tables: [{
                  Name: 'sales.public.orders',
                  Description: 'One row an order',
                  Inclusion: 'INCLUDE',
                  Columns: [{ Name: 'amount', Description: 'In US dollars' }, { Name: 'card', Inclusion: 'EXCLUDE' }],
                }],
                CuratedQueries: [{ NaturalLanguage: 'How much did we sell?', Sql: 'SELECT sum(amount) FROM sales.public.orders' }],
              },
            },
          },
        },
      },
    });
  });

  test('reads tables and columns as a source that is looked through after each deployment', () => {
    template().hasResource('AWS::Bedrock::DataSource', { Properties: { DataSourceConfiguration: { Type: 'REDSHIFT_METADATA' } }, DependsOn: Match.anyValue() });
    template().hasResourceProperties('AWS::Events::Rule', { EventPattern: Match.objectLike({ detail: Match.objectLike({ 'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] } }) }) });
    template().hasResourceProperties('AWS::Lambda::Function', { Environment: { Variables: Match.objectLike({ SOURCES: Match.anyValue(), CHANGES_URL: '' }) } });
    const scheduled = defineStructured({ sync: SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1))) }).template();
    scheduled.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 day)' });
  });

  test('keeps its name when what helps to write queries changes, and has another over other data', () => {
    const nameOf = (props: Partial<StructuredKnowledgeProps>) => Object.values(defineStructured(props).template().findResources('AWS::Bedrock::KnowledgeBase'))[0].Properties.Name;
    expect(nameOf({ queries: { curated: [{ question: 'How many?', sql: 'SELECT 1' }] } })).toEqual(nameOf({}));
    expect(nameOf({ data: StructuredData.redshift('shop') })).not.toEqual(nameOf({}));
  });
});

describe('the role of the knowledge base', () => {
  test.each<[string, (stack: Stack) => Partial<StructuredKnowledgeProps>, string[]]>([
    ['Redshift Serverless as itself', () => ({}), [`redshift-data:ExecuteStatement on ${WORKGROUP}`, `redshift-serverless:GetCredentials on ${WORKGROUP}`]],
    ['Redshift Serverless by a secret', (stack) => ({ engine: QueryEngine.redshiftServerless(WORKGROUP, { login: RedshiftLogin.secret(secretOf(stack)) }) }), [
      `redshift-data:ExecuteStatement on ${WORKGROUP}`, 'secretsmanager:GetSecretValue on arn:aws:secretsmanager:us-east-1:111122223333:secret:login-AbCdEf',
    ]],
    ['a cluster as itself', () => ({ engine: QueryEngine.redshiftCluster('warehouse') }), [
      'redshift-data:ExecuteStatement on arn:AWS::Partition:redshift:AWS::Region:AWS::AccountId:cluster:warehouse',
      'redshift:GetClusterCredentialsWithIAM on arn:AWS::Partition:redshift:AWS::Region:AWS::AccountId:dbname:warehouse/sales',
    ]],
    ['a cluster as a user of its', () => ({ engine: QueryEngine.redshiftCluster('warehouse', { login: RedshiftLogin.databaseUser('reporting') }) }), [
      'redshift-data:ExecuteStatement on arn:AWS::Partition:redshift:AWS::Region:AWS::AccountId:cluster:warehouse',
      'redshift:GetClusterCredentials on arn:AWS::Partition:redshift:AWS::Region:AWS::AccountId:dbname:warehouse/sales',
      'redshift:GetClusterCredentials on arn:AWS::Partition:redshift:AWS::Region:AWS::AccountId:dbuser:warehouse/reporting',
    ]],
    ['tables of Glue through a cluster', () => ({ engine: QueryEngine.redshiftCluster('warehouse'), data: StructuredData.glue(['shop.orders']) }), [
      'redshift-data:ExecuteStatement on arn:AWS::Partition:redshift:AWS::Region:AWS::AccountId:cluster:warehouse',
      'redshift:GetClusterCredentialsWithIAM on arn:AWS::Partition:redshift:AWS::Region:AWS::AccountId:dbname:warehouse/*',
      'lakeformation:GetDataAccess on *',
      ...['GetDatabase', 'GetDatabases', 'GetPartition', 'GetPartitions', 'GetTable', 'GetTables', 'SearchTables'].flatMap((action) => ['catalog', 'database/shop', 'table/shop/orders']
        .map((resource) => `glue:${action} on arn:AWS::Partition:glue:AWS::Region:AWS::AccountId:${resource}`)),
    ]],
  ])('may ask %s, and nothing else', (_, props, more) => {
    expect(rights(defineStructured(props).template(), BASE_ROLE)).toEqual(sorted(...more));
  });

  test('reads what tables of Glue lie in where Lake Formation does not hand it out, by its keys too', () => {
    const { template } = defineStructured((stack) => ({
      data: StructuredData.glue(['shop.*'], {
        buckets: [Bucket.fromBucketAttributes(stack, 'Lake', { bucketName: 'lake', encryptionKey: Key.fromKeyArn(stack, 'LakeKey', 'arn:aws:kms:us-east-1:111122223333:key/lake') })],
        catalogKey: Key.fromKeyArn(stack, 'CatalogKey', 'arn:aws:kms:us-east-1:111122223333:key/catalog'),
      }),
    }));
    const found = rights(template(), BASE_ROLE);
    expect(found).toEqual(expect.arrayContaining([
      's3:ListBucket on arn:AWS::Partition:s3:::lake', 's3:GetObject on arn:AWS::Partition:s3:::lake/*', 'kms:Decrypt on arn:aws:kms:us-east-1:111122223333:key/catalog',
      'glue:GetTable on arn:AWS::Partition:glue:AWS::Region:AWS::AccountId:table/shop/*',
    ]));
    expect(found.find((right) => right.startsWith('kms:Decrypt on arn:aws:kms:us-east-1:111122223333:key/lake'))).toContain('"kms:ViaService":"s3.');
  });

  test('is granted many tables of a database together', () => {
    const { template } = defineStructured({ data: StructuredData.glue(Array.from({ length: 1_000 }, (_, n) => `shop.table${n}`)) });
    expect(rights(template(), BASE_ROLE).filter((right) => right.includes(':table/'))).toHaveLength(7);
  });

  test('decrypts a secret by its key, through Secrets Manager alone', () => {
    const { template } = defineStructured((stack) => ({
      engine: QueryEngine.redshiftCluster('warehouse', { login: RedshiftLogin.secret(new Secret(stack, 'Login', { encryptionKey: new Key(stack, 'Key') })) }),
    }));
    expect(rights(template(), BASE_ROLE).filter((right) => right.startsWith('kms:'))).toEqual([expect.stringMatching(/^kms:Decrypt on .* where .*secretsmanager\./)]);
  });
});

describe('the database user', () => {
  test('is made for the role, and lets it select', () => {
    const { stack, sales } = defineStructured();
    expect(stack.resolve(sales.setupSql(['public', 'my "own"']))).toEqual({
      'Fn::Join': ['', [
        'CREATE USER "IAMR:', { Ref: expect.stringMatching(BASE_ROLE) }, '" WITH PASSWORD DISABLE;\nGRANT USAGE ON SCHEMA "public" TO "IAMR:', expect.anything(),
        '";\nGRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "IAMR:', expect.anything(), '";\nGRANT USAGE ON SCHEMA "my ""own""" TO "IAMR:', expect.anything(),
        '";\nGRANT SELECT ON ALL TABLES IN SCHEMA "my ""own""" TO "IAMR:', expect.anything(), '";',
      ]],
    });
  });

  test('is let into the catalog as a whole where tables are Glue\'s', () => {
    const { stack, sales } = defineStructured({ data: StructuredData.glue(['shop.*']) });
    expect(JSON.stringify(stack.resolve(sales.setupSql()))).toContain('GRANT USAGE ON DATABASE awsdatacatalog TO \\"IAMR:');
  });

  test.each<[string, (stack: Stack) => RedshiftLogin]>([
    ['a user of the database', () => RedshiftLogin.databaseUser('reporting')],
    ['a secret whose user is named', (stack) => RedshiftLogin.secret(secretOf(stack), { username: 'reporting' })],
  ])('is there already with %s', (_, login) => {
    const { sales } = defineStructured((stack) => ({ engine: QueryEngine.redshiftCluster('warehouse', { login: login(stack) }) }));
    expect(sales.databaseUser).toBe('reporting');
    expect(sales.setupSql()).toBe('GRANT USAGE ON SCHEMA "public" TO "reporting";\nGRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "reporting";');
  });

  test('refuses to be told of where a secret alone knows it', () => {
    const { sales } = defineStructured((stack) => ({ engine: QueryEngine.redshiftCluster('warehouse', { login: RedshiftLogin.secret(secretOf(stack)) }) }));
    expect(sales.databaseUser).toBeUndefined();
    expect(() => sales.setupSql()).toThrow("'setupSql' must know the database user, and a secret tells it to nobody: name it, RedshiftLogin.secret(secret, { username: 'reporting' })");
  });
});

describe('who asks', () => {
  test('may look rows up and have queries written, over this knowledge base alone', () => {
    const { template } = defineStructured();
    const found = rights(template(), /HandlerRole/).filter((right) => /^(bedrock:(Retr|Gen|GetK)|sqlworkbench)/.test(right));
    expect(found).toEqual([
      'bedrock:GenerateQuery on *', expect.stringMatching(/^bedrock:GetKnowledgeBase on .*SalesKnowledgeBase/), expect.stringMatching(/^bedrock:Retrieve on .*SalesKnowledgeBase/),
      'sqlworkbench:GetSqlRecommendations on *',
    ]);
    template().hasResourceProperties('AWS::ApiGateway::Resource', { PathPart: 'sql' });
  });

  test('is told how many rows, and how long a query may run', () => {
    const retrieval = { rows: 50, questions: 2, tenant: undefined };
    const { stack, sales } = defineStructured({ retrieval, queries: { timeout: Duration.seconds(90) } });
    const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    expect(sales.bind(stack, caller)._policy).toMatchObject({ kind: 'sql', passages: 50, candidates: 50, questions: 2, fields: [], sql: { seconds: 90 } });
  });

  test('signs requests where it is let, and has tables read anew', () => {
    const { stack, sales, template } = defineStructured((own) => ({ auth: ApiAuth.iam(), encryptionKey: new Key(own, 'Key') }));
    const role = new Role(stack, 'Operator', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    [sales.grantInvoke(role), sales.grantRetrieve(role), sales.grantSync(role)].forEach((grant) => grant.assertSuccess());
    template().hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'execute-api:Invoke' }), Match.objectLike({ Action: 'bedrock:Retrieve' }), Match.objectLike({ Action: 'sqs:SendMessage' })]) },
    });
  });
});

describe('what watches it', () => {
  test('rings for questions, tables that cannot be read and what was given up, and shows them', () => {
    const { sales, template } = defineStructured();
    sales.addDashboard();
    expect(Object.keys(sales.addAlarms({ emptyRetrievals: 50, timeToFirstToken: undefined }).alarms)).toEqual(['ErrorRate', 'ApiErrors', 'TimeToFirstToken', 'EmptyRetrievals', 'FailedJobs', 'DeadLetters']);
    template().hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'TimeToFirstToken', Threshold: 30_000 });
    template().hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmDescription: Match.stringLikeRegexp('setupSql') });
    const [{ Properties: { DashboardBody } }] = Object.values(template().findResources('AWS::CloudWatch::Dashboard'));
    expect(JSON.stringify(DashboardBody)).not.toMatch(/DocumentsIndexed|TopScore/);
  });

  test('tells metrics of answers by model too', () => {
    const { sales } = defineStructured();
    const of = (metric: { namespace: string; metricName: string; dimensions?: object }) => `${metric.metricName} by ${Object.keys(metric.dimensions!).join()}`;
    expect([
      sales.metricAnswers(), sales.metricErrors(), sales.metricTimeToFirstToken(), sales.metricInputTokens(), sales.metricOutputTokens(), sales.metricCost(),
      sales.metricRetrievals(), sales.metricEmptyRetrievals(), sales.metricRetrievalErrors(), sales.metricRetrievalDuration(), sales.metricUncitedAnswers(),
      sales.metricUncitedClaims(),
      sales.metricSyncJobs(), sales.metricSyncJobsFailed(),
    ].map(of)).toEqual([
      ...['Turns', 'Errors', 'TimeToFirstToken', 'InputTokens', 'OutputTokens', 'Cost'].map((name) => `${name} by Service,Model`),
      ...['Retrievals', 'EmptyRetrievals', 'RetrievalErrors', 'RetrievalDuration', 'UncitedAnswers', 'UncitedClaims', 'SyncJobs', 'SyncJobsFailed'].map((name) => `${name} by Service`),
    ]);
  });
});

test('the job that reads tables is ended when its source goes, as it does with another engine or other data', () => {
  const { template } = defineStructured();
  const [source] = Object.keys(template().findResources('AWS::Bedrock::DataSource'));
  const patterns = Object.values(template().findResources('AWS::Events::Rule')).map(({ Properties }) => Properties.EventPattern.detail.$or);
  const [, ofSources] = patterns.find((either) => either !== undefined);
  expect(source.startsWith(ofSources['logical-resource-id'][0].prefix)).toBe(true);
});

test('an engine of the same stack is taken by its attributes', () => {
  const { stack, sales } = defineStructured((own) => ({
    engine: QueryEngine.redshiftCluster(new CfnCluster(own, 'Cluster', {
      clusterType: 'single-node', dbName: 'sales', masterUsername: 'admin', manageMasterPassword: true, nodeType: 'ra3.large',
    }).ref),
  }));
  expect(JSON.stringify(stack.resolve(sales.knowledgeBase.knowledgeBaseConfiguration))).toContain('"clusterIdentifier":{"Ref":"Cluster"}');
});

const clusterAs = (login: RedshiftLogin) => QueryEngine.redshiftCluster('warehouse', { login });
const serverlessBy = (secret: ISecret) => QueryEngine.redshiftServerless(WORKGROUP, { login: RedshiftLogin.secret(secret) });
const table = (changes: object) => ({ queries: { tables: [{ name: 'sales.public.orders', ...changes }] } });
test.each<[string, (stack: Stack) => object, string]>([
  ['no engine', () => ({ engine: undefined }), "'engine' must be given, such as QueryEngine.redshiftServerless(workgroupArn), got nothing"],
  ['an engine of no factory', () => ({ engine: {} }), "'engine' must be made by QueryEngine"],
  ['no data', () => ({ data: undefined }), "'data' must be given, such as StructuredData.redshift('sales'), got nothing"],
  ['data of no factory', () => ({ data: 'sales' }), "'data' must be made by StructuredData"],
  ['a workgroup by its name', () => ({ engine: QueryEngine.redshiftServerless('analytics') }), "'engine' must be a workgroup's ARN, such as arn:aws:redshift-serverless:"],
  ['a cluster by its ARN', () => ({ engine: QueryEngine.redshiftCluster('arn:aws:redshift:us-east-1:111122223333:cluster:warehouse') }), "'engine' must be a cluster's name, 1 to 63 small letters"],
  ['a login of no factory', () => ({ engine: QueryEngine.redshiftCluster('warehouse', { login: {} as never }) }), "'engine.login' must be made by RedshiftLogin"],
  ['a user of the database for Serverless', () => ({ engine: QueryEngine.redshiftServerless(WORKGROUP, { login: RedshiftLogin.databaseUser('reporting') }) }),
    "'engine.login' must be RedshiftLogin.iam() or RedshiftLogin.secret(…) for Redshift Serverless"],
  ['every user of the database', () => ({ engine: QueryEngine.redshiftCluster('warehouse', { login: RedshiftLogin.databaseUser('*') }) }), "'engine.login' must be a database user's name"],
  ['a user of the database for Glue', () => ({ engine: clusterAs(RedshiftLogin.databaseUser('reporting')), data: StructuredData.glue(['shop.*']) }),
    "'engine.login' must be RedshiftLogin.iam() for tables of Glue"],
  ['a secret for Glue', (stack) => ({ engine: serverlessBy(secretOf(stack)), data: StructuredData.glue(['shop.*']) }),
    "'engine.login' must be RedshiftLogin.iam() for tables of Glue"],
  ['a secret by a part of its ARN', (stack) => ({ engine: QueryEngine.redshiftServerless(WORKGROUP, { login: RedshiftLogin.secret(Secret.fromSecretNameV2(stack, 'Named', 'login')) }) }),
    "'engine.login' must be a secret whose whole ARN is known"],
  ['every database', () => ({ data: StructuredData.redshift('*') }), "'data' must be a database's name"],
  ['no table of Glue', () => ({ data: StructuredData.glue([]) }), "'data' must have between 1 and 1000 entries, got 0"],
  ['a table of Glue without its database', () => ({ data: StructuredData.glue(['orders']) }), "'data' must be tables' names such as 'shop.orders'"],
  ['a bucket by its name', () => ({ data: StructuredData.glue(['shop.*'], { buckets: ['lake' as never] }) }), "'data.buckets' must be made by a bucket"],
  ['changes of a database', () => ({ sync: SyncPolicy.onChange().also(SyncPolicy.onDeploy()) }), "'sync' must not follow changes, because a database tells nobody of one"],
  ['a table without its database', () => table({ name: 'public.orders' }), "'queries.tables.name' must be a full name, database.schema.table, got 'public.orders'"],
  ['a table of Glue without the catalog', () => ({ ...table({ name: 'dev.shop.orders' }), data: StructuredData.glue(['shop.*']) }), "'queries.tables.name' must be a full name, awsdatacatalog.database.table, got 'dev.shop.orders'"],
  ['a table twice', () => ({ queries: { tables: [{ name: 'a.b.c' }, { name: 'a.b.c' }] } }), "'queries.tables' must name each once, got 'a.b.c' twice"],
  ['a column twice', () => table({ columns: [{ name: 'a' }, { name: 'a' }] }), "'queries.tables['sales.public.orders'].columns' must name each once, got 'a' twice"],
  ['a long description of a table', () => table({ description: 'x'.repeat(201) }), "'queries.tables.description' must have between 1 and 200 characters, got 201"],
  ['a long description of a column', () => table({ columns: [{ name: 'a', description: 'x'.repeat(201) }] }), "'queries.tables.columns.description' must have between 1 and 200 characters, got 201"],
  ['a long name of a column', () => table({ columns: [{ name: 'x'.repeat(128) }] }), "'queries.tables.columns.name' must have between 1 and 127 characters, got 128"],
  ['51 tables', () => ({ queries: { tables: Array.from({ length: 51 }, (_, n) => ({ name: `a.b.t${n}` })) } }), "'queries.tables' must have between 0 and 50 entries, got 51"],
  ['11 examples', () => ({ queries: { curated: Array.from({ length: 11 }, () => ({ question: 'Why?', sql: 'SELECT 1' })) } }), "'queries.curated' must have between 0 and 10 entries, got 11"],
  ['an example without a question', () => ({ queries: { curated: [{ question: '', sql: 'SELECT 1' }] } }), "'queries.curated.question' must have between 1 and 1000 characters, got 0"],
  ['a long example', () => ({ queries: { curated: [{ question: 'Why?', sql: 'x'.repeat(1_001) }] } }), "'queries.curated.sql' must have between 1 and 1000 characters, got 1001"],
  ['a query of an hour', () => ({ queries: { timeout: Duration.hours(1) } }), "'queries.timeout' must be between 1 second and 3 minutes 20 seconds, got 1 hour"],
  ['a query that runs as long as an answer may take', () => ({ queries: { timeout: Duration.minutes(2) } }), "'queries.timeout' must be less than 'answering.timeout', 2 minutes"],
  ['no rows', () => ({ retrieval: { rows: 0 } }), "'retrieval.rows' must be a whole number between 1 and 100, got 0"],
  ['six questions', () => ({ retrieval: { questions: 6 } }), "'retrieval.questions' must be a whole number between 1 and 5, got 6"],
  ['an empty answer', () => ({ retrieval: { unanswered: '' } }), "'retrieval.unanswered' must have between 1 and 2000 characters, got 0"],
  ['tenants', () => ({ retrieval: { tenant: { field: 'tenant', claim: 'custom:tenant' } } }),
    "'retrieval.tenant' must be left out over a database, because no filter can be put into a query that a model writes, got one: give each tenant a knowledge base with a database user who sees that tenant's rows alone"],
  ['callers who are named', () => ({ retrieval: { identity: 'email' } }), "'retrieval.identity' must be left out over a database"],
  ['a least score', () => ({ retrieval: { leastScore: 0.5 } }), "'retrieval.leastScore' must be left out over a database"],
])('refuses %s', (_, props, message) => {
  expect(() => defineStructured(props as (stack: Stack) => Partial<StructuredKnowledgeProps>)).toThrow(message);
});

describe('without an API', () => {
  const { stack, sales, template } = defineStructured({ api: RagApi.none() });
  sales.addDashboard();

  test('has nothing that answers, and is asked by a chat', () => {
    new ChatbotApi(stack, 'Chat', { knowledge: sales });
    const found = rights(template(), /^Chat.*Role/).filter((right) => /^(bedrock:(Retrieve|GenerateQuery)|sqlworkbench)/.test(right));
    expect(found).toEqual([expect.stringMatching(/^bedrock:Retrieve on .*SalesKnowledgeBase/)]);
    expect(Object.keys(template().findResources('AWS::Lambda::Function')).filter((id) => id.startsWith('SalesHandler'))).toEqual([]);
    expect(() => sales.url).toThrow("'url' is not there with RagApi.none()");
  });

  test('rings for tables that cannot be read, and counts jobs', () => {
    expect(Object.keys(sales.addAlarms().alarms)).toEqual(['FailedJobs', 'DeadLetters']);
    expect(sales.metricSyncJobs().metricName).toBe('SyncJobs');
    expect(() => sales.metricAnswers()).toThrow("'metricName' must be a metric of what is read, such as SyncJobs, with RagApi.none(), got 'Turns'");
  });

  test('lets a query run for as long as it may, for no answer of its own waits for it', () => {
    const patient = defineStructured({ api: RagApi.none(), queries: { timeout: Duration.seconds(200) } });
    expect(JSON.stringify(patient.template().findResources('AWS::Bedrock::KnowledgeBase'))).toContain('"ExecutionTimeoutSeconds":200');
  });

  test('refuses what would concern answers', () => {
    expect(() => defineStructured({ api: RagApi.none(), auth: ApiAuth.iam() })).toThrow("'auth' must be left out with RagApi.none()");
  });
});
