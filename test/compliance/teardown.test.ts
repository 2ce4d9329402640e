import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { COMBINED } from './everything';
import { addExamples, EXAMPLES } from '../../examples/app';
import {
  AnswerCache, BulkEmbedding, DiyRag, type DiyRagProps, EvaluationRuns, EvaluationSet, KnowledgeStore, ManagedRag, type ManagedRagProps, Posture,
  RerankModel, Reranking, SyncPolicy, VectorStore,
} from '../../lib';
import { defineRag } from '../managed-rag/define-rag';

/** Every transport and memory of chats, every way of answers from documents that has functions of its own. */
const regulatedApps: readonly { readonly name: string; readonly define: (app: App) => void }[] = [
  ...COMBINED.filter(({ regulated }) => regulated),
  ...Object.keys(EXAMPLES).filter((name) => name.endsWith('-regulated')).map((name) => ({ name: `the example ${name}`, define: (app: App) => addExamples(app, name) })),
  ragOf('documents', {}),
  ragOf('documents at times, and links to them', { retrieval: { links: Duration.minutes(10) }, sync: SyncPolicy.schedule(ScheduleExpression.rate(Duration.days(1))) }),
  ragOf('a table of Aurora', { store: KnowledgeStore.auroraPgvector() }),
  ownRagOf('passages in Aurora', { store: VectorStore.auroraPgvector() }),
  ownRagOf('passages in S3 Vectors', {}),
  ownRagOf('passages in MemoryDB', { store: VectorStore.memoryDb() }),
  ownRagOf('passages in a collection', { store: VectorStore.openSearchServerless() }),
  ownRagOf('passages that a model puts into order, answers that are kept, a bulk load and an evaluation', {
    retrieval: { rerank: Reranking.model(RerankModel.standard()) }, answering: { cache: AnswerCache.semantic() },
  }, (rag, stack) => {
    rag.addBulkLoad({ embedding: BulkEmbedding.batch() });
    rag.addEvaluation({ set: EvaluationSet.fromBucket(new Bucket(stack, 'Sets'), 'set.jsonl'), runs: EvaluationRuns.gate() });
  }),
  ragOf('a collection', { store: KnowledgeStore.openSearchServerless() }),
  ragOf('documents, in a VPC that lies beside it', {}, (stack) => Posture.regulated({ vpc: new Vpc(stack, 'Vpc') })),
];

function ragOf(name: string, props: ManagedRagProps, posture = (_: Stack) => Posture.regulated()) {
  return {
    name,
    define: (app: App) => {
      const stack = new Stack(app, 'Stack');
      new ManagedRag(stack, 'Rag', { ...props, posture: posture(stack) });
    },
  };
}

function ownRagOf(name: string, props: DiyRagProps, more: (rag: DiyRag, stack: Stack) => void = () => undefined) {
  return {
    name,
    define: (app: App) => {
      const stack = new Stack(app, 'Stack');
      more(new DiyRag(stack, 'Rag', { ...props, posture: Posture.regulated() }), stack);
    },
  };
}

test.each(regulatedApps)('a stack with $name keeps what its functions and tasks reach AWS by until they are gone', ({ define }) => {
  const app = new App();
  define(app);
  const found = app.node.findAll().filter((node) => Stack.isStack(node)).flatMap((stack) => runnersIn(Template.fromStack(stack)));
  expect(found.length).toBeGreaterThan(0);
  expect(found.flatMap(({ missing }) => missing)).toEqual([]);
});

test('what is taken away too early is seen', () => {
  const template = defineRag({ posture: Posture.regulated() }).template().toJSON() as { Resources: Record<string, Resource> };
  const [, drain] = Object.entries(template.Resources).find(([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith('RagSyncDrain'))!;
  drain.DependsOn = drain.DependsOn!.filter((id) => !id.startsWith('PostureNetwork'));
  const missing = runnersIn(Template.fromJSON(template)).flatMap((each) => each.missing);
  expect(missing.filter((line) => /RagSyncDrain\w+ goes after PostureNetworkbedrockagent[0-9A-F]{8}$/.test(line))).toHaveLength(1);
  expect(missing.filter((line) => /RagSyncDrain\w+ goes after PostureNetworkbedrockagentSecurityGroupfrom/.test(line))).toHaveLength(1);
});

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  DependsOn?: string[];
}

/** Functions and tasks in a network, and what they reach AWS by without depending on it. */
function runnersIn(template: Template): { missing: string[] }[] {
  const { Resources: resources } = template.toJSON() as { Resources: Record<string, Resource> };
  const all = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);
  const runners = [...all('AWS::Lambda::Function'), ...all('AWS::ECS::Service')].flatMap(([id, { Properties, DependsOn = [] }]) => {
    const network = Properties.VpcConfig ?? (Properties.NetworkConfiguration as Record<string, unknown> | undefined)?.AwsvpcConfiguration;
    if (!network) return [];
    const { SecurityGroupIds, SecurityGroups } = network as Record<string, unknown[]>;
    return [{ id, groups: (SecurityGroupIds ?? SecurityGroups).map((group) => JSON.stringify(group)), actions: actionsOf(Properties), dependsOn: DependsOn }];
  });
  const ingress = all('AWS::EC2::SecurityGroupIngress');
  const endpoints = all('AWS::EC2::VPCEndpoint');

  /** A role's actions stand in the managed policies that name it. */
  function actionsOf({ Role, TaskDefinition }: Record<string, unknown>): string {
    const { 'Fn::GetAtt': [role] } = (Role ?? resources[(TaskDefinition as { Ref: string }).Ref].Properties.TaskRoleArn) as { 'Fn::GetAtt': [string] };
    return JSON.stringify(all('AWS::IAM::ManagedPolicy').filter(([, { Properties }]) => (Properties.Roles as { Ref: string }[]).some(({ Ref }) => Ref === role)));
  }

  return runners.map(({ id, groups, actions, dependsOn }) => {
    const rules = ingress.filter(([, { Properties }]) => groups.includes(JSON.stringify(Properties.SourceSecurityGroupId)));
    const doors = rules.map(([, { Properties }]) => JSON.stringify(Properties.GroupId));
    const needed = endpoints.filter(([, { Properties }]) => {
      // Who may read objects and do nothing else with them signs links, and calls nobody.
      if (Properties.VpcEndpointType === 'Gateway') return JSON.stringify(Properties.ServiceName).includes('.s3"') ? /"s3:(?!GetObject")/.test(actions) : actions.includes('"dynamodb:');
      return (Properties.SecurityGroupIds as unknown[]).some((group) => doors.includes(JSON.stringify(group)));
    });
    const behind = JSON.stringify(endpoints.map(([, { Properties }]) => Properties.SecurityGroupIds));
    const leads = rules.filter(([, { Properties }]) => behind.includes(JSON.stringify(Properties.GroupId)));
    return { missing: [...needed, ...leads].map(([each]) => each).filter((each) => !dependsOn.includes(each)).map((each) => `${id} goes after ${each}`) };
  });
}
