import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { type Vectors } from './store-binding';

/** How a knowledge base asks its model for vectors, where there is a choice: models that have none take none. */
export function embeddingConfiguration({ dimension, dimensions, binary }: Vectors): CfnKnowledgeBase.EmbeddingModelConfigurationProperty | undefined {
  const chosen = { ...(dimensions.length > 1 && { dimensions: dimension }), ...(binary && { embeddingDataType: 'BINARY' }) };
  return Object.keys(chosen).length > 0 ? { bedrockEmbeddingModelConfiguration: chosen } : undefined;
}
