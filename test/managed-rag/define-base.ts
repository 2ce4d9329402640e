import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { CfnDataSource, CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { type DataSource, EmbeddingModel, type KnowledgeStore, Posture } from '../../lib';
import { ServiceRole } from '../../lib/internal/handler-role';
import { embeddingConfiguration } from '../../lib/managed-rag/embedding-configuration';
import { spelled } from '../model/bound-role';

export interface BaseProps {
  readonly store: KnowledgeStore | ((stack: Stack) => KnowledgeStore);
  readonly sources?: (stack: Stack) => DataSource[];
  readonly embedding?: EmbeddingModel;
  readonly posture?: Posture;
  readonly encrypted?: boolean;
  readonly stackProps?: StackProps;
}

/** A knowledge base over a store, with sources: what binds them, and no more. */
export function defineBase({ store: chosen, sources, posture = Posture.standard(), encrypted = false, stackProps, ...props }: BaseProps, app = new App()) {
  const stack = new Stack(app, 'Test', stackProps);
  const store = typeof chosen === 'function' ? chosen(stack) : chosen;
  const encryptionKey: IKey | undefined = encrypted ? new Key(stack, 'Key') : posture.encryptionKey(stack);
  const role = new ServiceRole(stack, 'Role', 'bedrock.amazonaws.com');
  const build = { role, posture, encryptionKey, logRetention: posture.logRetention };

  const named = store._embedding === 'always' ? props.embedding ?? EmbeddingModel.standard() : props.embedding;
  const vectors = named?.bind(stack, role);
  const binding = store._bind(stack, { ...build, vectors, fields: [] });
  const bound = sources?.(stack).map((source, n) => source._bind(new Construct(stack, `Source${n}`), { ...build, store: binding, vectors })) ?? [];

  const base = new CfnKnowledgeBase(stack, 'Base', {
    name: 'base',
    roleArn: role.roleArn,
    knowledgeBaseConfiguration: binding.kind ?? {
      type: 'VECTOR',
      vectorKnowledgeBaseConfiguration: { embeddingModelArn: vectors!.modelArn, embeddingModelConfiguration: embeddingConfiguration(vectors!) },
    },
    storageConfiguration: binding.storageConfiguration,
  });
  base.node.addDependency(role, ...binding.dependencies);
  bound.forEach(({ configuration, ingestion, deletion }, n) => new CfnDataSource(stack, `DataSource${n}`, {
    name: `source-${n}`, knowledgeBaseId: base.ref, dataSourceConfiguration: configuration, vectorIngestionConfiguration: ingestion, dataDeletionPolicy: deletion,
  }));
  return {
    stack,
    binding: spelled(stack.resolve({ ...binding, dependencies: [] })) as typeof binding,
    sources: bound.map(({ documents, ...source }) => spelled(stack.resolve({ ...source, supplementalBucket: undefined })) as typeof source),
    template: () => Template.fromStack(stack),
    granted: () => grantedIn(Template.fromStack(stack)),
    warnings: () => Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data)),
  };
}

/** What the role may do, as `action on resource`. */
function grantedIn(template: Template): string[] {
  const policies = Object.values(template.findResources('AWS::IAM::ManagedPolicy')).map(({ Properties }) => Properties);
  const statements = policies.filter(({ Roles }) => JSON.stringify(Roles).includes('"Role')).flatMap(({ PolicyDocument }) => PolicyDocument.Statement as Statement[]);
  return statements.flatMap(({ Action, Resource }) => [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} on ${String(spelled(resource))}`)));
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}
