import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { type CfnDataSource } from 'aws-cdk-lib/aws-bedrock';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnGraph } from 'aws-cdk-lib/aws-neptunegraph';
import { Construct } from 'constructs';
import { type StoreBinding, type VectorStoreBuild } from './store-binding';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { fail, requireInteger, requireMade, requirePattern } from '../internal/validation';
import { type IModel, Model } from '../model';
import { modelArnOf } from '../model/model-arn';

/** Options of `KnowledgeStore.neptuneAnalytics`. */
export interface NeptuneAnalyticsOptions {
  /**
   * The model that reads out of each passage what it speaks of: people, places, products. It is paid for by the token, once for each passage.
   *
   * @default Model.standard()
   */
  readonly entities?: IModel;

  /**
   * Memory of the graph, in units of about 1 GB, at least 16; paid for by the hour, even while nobody asks.
   *
   * @default 16
   */
  readonly memory?: number;

  /**
   * Copies of the graph in other zones, from 0 to 2; each is paid for like the graph.
   *
   * @default - none with Posture.standard(), one with Posture.regulated()
   */
  readonly replicas?: number;

  /**
   * ARN of a graph that you have, with a vector index of the embedding model's dimension; then neither `memory` nor `replicas` can be given.
   *
   * @default - a graph is made
   */
  readonly graphArn?: string;
}

export interface NeptuneAnalyticsStoreProps extends VectorStoreBuild, NeptuneAnalyticsOptions {}

const FIELDS = { textField: 'AMAZON_BEDROCK_TEXT', metadataField: 'AMAZON_BEDROCK_METADATA' };

/** A graph of Neptune Analytics: passages, and what they speak of. */
export class NeptuneAnalyticsStore extends Construct {
  public readonly binding: StoreBinding;

  constructor(scope: Construct, id: string, props: NeptuneAnalyticsStoreProps) {
    super(scope, id);
    this.requireValid(props);
    const graph = props.graphArn === undefined ? this.defineGraph(props) : undefined;
    const graphArn = graph?.attrGraphArn ?? props.graphArn!;
    props.role.addToPrincipalPolicy(new PolicyStatement({
      actions: ['neptune-graph:DeleteDataViaQuery', 'neptune-graph:GetGraph', 'neptune-graph:ReadDataViaQuery', 'neptune-graph:WriteDataViaQuery'],
      resources: [graphArn],
    }));
    this.binding = {
      storageConfiguration: { type: 'NEPTUNE_ANALYTICS', neptuneAnalyticsConfiguration: { graphArn, fieldMapping: FIELDS } },
      searches: ['SEMANTIC'],
      settled: graph?.graphName,
      dependencies: graph ? [graph] : [],
      enrichment: this.enrich(props),
    };
  }

  private requireValid({ vectors, memory, replicas, graphArn, entities }: NeptuneAnalyticsStoreProps) {
    if (vectors.binary) fail(this, "'embedding' must make float vectors with KnowledgeStore.neptuneAnalytics(), got binary ones: leave `binary` out, or take KnowledgeStore.openSearchServerless()");
    requireMade(this, 'entities', entities, 'bind', 'Model, such as Model.standard()');
    requireInteger(this, 'memory', memory, 16, 24_576);
    requireInteger(this, 'replicas', replicas, 0, 2);
    requirePattern(this, 'graphArn', graphArn, /^arn:[^:]+:neptune-graph:[^:]+:[0-9]{12}:graph\/g-[a-zA-Z0-9]{10}$/, "a graph's ARN, such as arn:aws:neptune-graph:us-east-1:111122223333:graph/g-0123456789");
    if (graphArn !== undefined && (memory ?? replicas) !== undefined) fail(this, "'graphArn' must stand without 'memory' and 'replicas', for what you have is not made again: leave these out, or 'graphArn'");
  }

  /** Reached by Bedrock alone, by AWS's own network. */
  private defineGraph({ vectors, encryptionKey, posture, memory = 16, replicas = posture.deletionProtection ? 1 : 0 }: NeptuneAnalyticsStoreProps) {
    const graphName = nameUnlikeAnyOther(this, Stack.of(this).resolve([vectors.dimension, encryptionKey?.keyArn]), { separator: '-', maxLength: 63 });
    const graph = new CfnGraph(this, 'Graph', {
      graphName,
      provisionedMemory: memory,
      replicaCount: replicas,
      publicConnectivity: false,
      deletionProtection: posture.deletionProtection,
      kmsKeyIdentifier: encryptionKey?.keyArn,
      vectorSearchConfiguration: { vectorSearchDimension: vectors.dimension },
    });
    if (posture.deletionProtection) graph.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return graph;
  }

  private enrich({ role, entities = Model.standard() }: NeptuneAnalyticsStoreProps): CfnDataSource.ContextEnrichmentConfigurationProperty {
    const { modelId, routing } = entities.bind(this, role);
    if (routing) fail(this, "'entities' must be one model, for Bedrock calls it by itself, got a router: take one of its models");
    const modelArn = modelArnOf(modelId);
    if (Token.isUnresolved(modelId) || modelArn.includes('inference-profile/')) {
      role.addToPrincipalPolicy(new PolicyStatement({ actions: ['bedrock:GetInferenceProfile'], resources: [modelArn] }));
    }
    return { type: 'BEDROCK_FOUNDATION_MODEL', bedrockFoundationModelConfiguration: { modelArn, enrichmentStrategyConfiguration: { method: 'CHUNK_ENTITY_EXTRACTION' } } };
  }
}
