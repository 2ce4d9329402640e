import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { DataSource } from './data-source';
import { KnowledgeBase } from './knowledge-base';
import { KnowledgeStore } from './knowledge-store';
import { type ManagedRagProps } from './managed-rag-props';
import { requireValidProps } from './managed-rag-rules';
import { type IKnowledge, type KnowledgeBinding, type RetrievalOptions } from '../knowledge';
import { bindRetrieval, declaredFields } from '../knowledge/bind-retrieval';
import { Posture } from '../posture';
import { type Build } from '../posture/build';

/**
 * Answers from your documents, each with the passages that it was given from, over a knowledge base of Bedrock that is kept in step with them.
 *
 * @example
 * const rag = new ManagedRag(this, 'Rag');
 * new CfnOutput(this, 'Documents', { value: rag.bucket!.bucketName });
 */
export class ManagedRag extends Construct implements IKnowledge {
  /** The knowledge base. */
  public readonly knowledgeBase: CfnKnowledgeBase;

  /** The knowledge base's id. */
  public readonly knowledgeBaseId: string;

  /** Where documents are put, where a source is a bucket; the first, where several are. */
  public readonly bucket?: IBucket;

  private readonly build: Build;
  private readonly retrieval: RetrievalOptions;
  private readonly knowledge: KnowledgeBase;

  constructor(scope: Construct, id: string, props: ManagedRagProps = {}) {
    super(scope, id);
    requireValidProps(this, props);

    this.build = this.defineBuild(props);
    this.retrieval = props.retrieval ?? {};
    this.knowledge = this.defineKnowledge(props);
    this.knowledgeBase = this.knowledge.base;
    this.knowledgeBaseId = this.knowledgeBase.attrKnowledgeBaseId;
    this.bucket = this.knowledge.documents[0]?.bucket;
  }

  /** Lets a caller look passages up, and says all that the caller must know to do so. */
  public bind(scope: IConstruct, caller: IGrantable): KnowledgeBinding {
    const { base, kind, store: { searches, textFilters }, documents, role } = this.knowledge;
    const { attrKnowledgeBaseId: knowledgeBaseId, attrKnowledgeBaseArn: knowledgeBaseArn } = base;
    return bindRetrieval(scope, caller, { knowledgeBaseId, knowledgeBaseArn, kind, searches, textFilters, documents, role }, this.retrieval);
  }

  /** Lets somebody look passages up by themselves, with Bedrock's own `Retrieve`: by any filter, whatever the tenant. */
  public grantRetrieve(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['bedrock:Retrieve'], resourceArns: [this.knowledgeBase.attrKnowledgeBaseArn] });
  }

  private defineBuild(props: ManagedRagProps): Build {
    const posture = props.posture ?? Posture.standard();
    return { posture, logRetention: posture.logRetention, encryptionKey: props.encryptionKey ?? posture.encryptionKey(this) };
  }

  private defineKnowledge({ store, sources, embedding }: ManagedRagProps) {
    return new KnowledgeBase(this, 'KnowledgeBase', {
      ...this.build,
      store: store ?? KnowledgeStore.s3Vectors(),
      sources: sources ?? [DataSource.s3()],
      embedding,
      fields: declaredFields(this, this.retrieval),
    });
  }
}
