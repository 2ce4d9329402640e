import { BedrockAgentRuntimeClient, GenerateQueryCommand, RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { QueryEngine, RagApi, StructuredData, StructuredKnowledge, SyncPolicy } from '../../../lib';
import { accessKeyOf } from '../../../local/principals';
import { runStacks } from '../../e2e/run-stacks';

const SQL = 'SELECT name FROM shop.public.people';

describe('a knowledge base over a database on the local cloud', () => {
  const run = runStacks((app) => {
    const stack = new Stack(app, 'Sql');
    const asker = new Role(stack, 'Asker', { assumedBy: new AnyPrincipal() });
    for (const [id, sync] of Object.entries({ Read: SyncPolicy.onDeploy(), Unread: SyncPolicy.manual() })) {
      const base = new StructuredKnowledge(stack, id, {
        engine: QueryEngine.redshiftCluster('warehouse'), data: StructuredData.redshift('shop'), queries: { curated: [{ question: 'Who are our people?', sql: SQL }] }, api: RagApi.none(), sync,
      });
      base.grantRetrieve(asker);
      new CfnOutput(stack, `${id}Id`, { value: base.knowledgeBaseId });
      new CfnOutput(stack, `${id}Arn`, { value: base.knowledgeBase.attrKnowledgeBaseArn });
    }
    asker.addToPolicy(new PolicyStatement({ actions: ['bedrock:GenerateQuery', 'sqlworkbench:GetSqlRecommendations', 'bedrock:GetKnowledgeBase'], resources: ['*'] }));
    new CfnOutput(stack, 'AskerArn', { value: asker.roleArn });
  });
  const output = (name: string) => run.cloud.outputs.Sql[name];
  const client = () => new BedrockAgentRuntimeClient({
    endpoint: run.cloud.endpoint, region: 'us-east-1', maxAttempts: 1, credentials: { accessKeyId: accessKeyOf(output('AskerArn')), secretAccessKey: 'x' },
  });
  const retrieve = (text: string, more: object = {}, base = 'Read') => client().send(new RetrieveCommand({ knowledgeBaseId: output(`${base}Id`), retrievalQuery: { text }, ...more }));
  const write = (text: string) => client().send(new GenerateQueryCommand({
    queryGenerationInput: { type: 'TEXT', text },
    transformationConfiguration: { mode: 'TEXT_TO_SQL', textToSqlConfiguration: { type: 'KNOWLEDGE_BASE', knowledgeBaseConfiguration: { knowledgeBaseArn: output('ReadArn') } } },
  }));
  beforeAll(async () => {
    for (const until = Date.now() + 20_000; Date.now() < until;) if (await write('people').then(() => true, () => new Promise<false>((resolve) => { setTimeout(() => resolve(false), 100); }))) return;
  }, 30_000);

  test('gives rows of every type, by pages, with the query in their place', async () => {
    run.cloud.knowledge.queries.set({ sql: `${SQL} ;`, rows: Array.from({ length: 30 }, (_, n) => ({ name: `n${n}`, age: n, size: 1.5, here: true, left: null })) });
    const { retrievalResults = [], nextToken } = await retrieve('our people');
    expect(retrievalResults).toHaveLength(25);
    expect(retrievalResults[1]).toMatchObject({ content: { type: 'ROW' }, location: { type: 'SQL', sqlLocation: { query: SQL } } });
    expect(retrievalResults[1].content!.row!.map(({ columnName, columnValue, type }) => [columnName, columnValue, type])).toEqual([
      ['name', 'n1', 'STRING'], ['age', '1', 'LONG'], ['size', '1.5', 'DOUBLE'], ['here', 'true', 'BOOLEAN'], ['left', undefined, 'NULL'],
    ]);
    expect((await retrieve('our people', { nextToken })).retrievalResults).toHaveLength(5);
  });

  test('writes the query of the nearest question', async () => {
    expect((await write('Who are the people?')).queries).toEqual([{ type: 'REDSHIFT_SQL', sql: SQL }]);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['a question that is near to none', () => write('Which rivers are long?'), /none shares a word with it/],
    ['a query whose rows nobody told', () => {
      run.cloud.knowledge.queries.set();
      return retrieve('our people');
    }, /nobody said what this query finds/],
    ['how to search', () => retrieve('our people', { retrievalConfiguration: { vectorSearchConfiguration: { numberOfResults: 5 } } }), /takes no 'retrievalConfiguration'/],
    ['a question before the tables were read', () => retrieve('our people', {}, 'Unread'), /does not know which tables there are/],
  ])('refuses %s', async (_, ask, message) => {
    await expect(ask()).rejects.toMatchObject({ name: 'ValidationException', message: expect.stringMatching(message) });
  });

  test('refuses rows that are none', () => {
    expect(() => run.cloud.knowledge.queries.set({ sql: SQL, rows: 5 as never })).toThrow('each must be { "sql"');
    expect(() => run.cloud.knowledge.queries.set(null as never)).toThrow('each must be { "sql"');
  });
});
