import { type IConstruct } from 'constructs';
import { type ManagedRagProps } from './managed-rag-props';
import { requireCount, requireMade, requireSome } from '../internal/validation';

/** As many data sources Bedrock takes in one knowledge base. */
const MOST_SOURCES = 5;

/** What props must be by themselves. */
export function requireValidProps(scope: IConstruct, props: ManagedRagProps) {
  const { store, sources, embedding, posture } = props;
  requireMade(scope, 'store', store, '_bind', 'KnowledgeStore, such as KnowledgeStore.s3Vectors()');
  requireSome(scope, 'sources', sources, 'DataSource.s3()');
  requireCount(scope, 'sources', sources, 1, MOST_SOURCES);
  sources?.forEach((source) => requireMade(scope, 'sources', source, '_bind', 'DataSource, such as DataSource.s3()'));
  requireMade(scope, 'embedding', embedding, 'bind', 'EmbeddingModel, such as EmbeddingModel.standard()');
  requireMade(scope, 'posture', posture, 'encryptionKey', 'Posture, such as Posture.regulated()');
}
