import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { Construct } from 'constructs';
import { embeddingConfiguration } from './embedding-configuration';
import { type StoreBinding, type StoreBuild } from './store-binding';
import { fail } from '../internal/validation';

/** Where managed knowledge bases were offered when this was written. */
const REGIONS = ['ap-northeast-1', 'ap-southeast-2', 'eu-central-1', 'eu-west-1', 'eu-west-2', 'us-east-1', 'us-west-2'];

/** Nothing to hold: the knowledge base is its own store. */
export class ManagedStore extends Construct {
  public readonly binding: StoreBinding;

  constructor(scope: Construct, id: string, props: StoreBuild) {
    super(scope, id);
    if (props.vectors?.binary) fail(this, "'embedding' must make float vectors with KnowledgeStore.managed(), got binary ones: leave `binary` out, or take KnowledgeStore.openSearchServerless()");
    this.warnOfRegion();
    if (props.encryptionKey) props.role.allowEncryption(props.encryptionKey, 'bedrock');
    this.binding = {
      kind: { type: 'MANAGED', managedKnowledgeBaseConfiguration: configuration(props) },
      // It chooses by itself, and is asked neither way.
      searches: [],
      dependencies: [],
    };
  }

  private warnOfRegion() {
    const { region } = Stack.of(this);
    if (Token.isUnresolved(region) || REGIONS.includes(region)) return;
    Annotations.of(this).addWarningV2('cdk-genai-patterns:managedKnowledgeRegion',
      `Managed knowledge bases were offered in ${REGIONS.join(', ')} when this version was made, and the stack is in ${region}: check that the Region has them by now, or take KnowledgeStore.s3Vectors()`);
  }
}

function configuration({ vectors, encryptionKey }: StoreBuild): CfnKnowledgeBase.ManagedKnowledgeBaseConfigurationProperty {
  return {
    ...(vectors
      ? { embeddingModelType: 'CUSTOM', embeddingModelArn: vectors.modelArn, embeddingModelConfiguration: embeddingConfiguration(vectors) }
      : { embeddingModelType: 'MANAGED' }),
    ...(encryptionKey && { serverSideEncryptionConfiguration: { kmsKeyArn: encryptionKey.keyArn } }),
  };
}
