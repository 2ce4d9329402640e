import type { EmbeddingPolicy } from '../../../lib/contract/diy-rag';
import type { Log } from '../../kit/log';
import type { PublishMetrics } from '../../kit/metrics';
import type { Clock } from '../../ports/clock';
import type { BatchBodies } from '../../ports/embeddings';
import type { RunFiles } from '../../ports/run-files';
import type { ChangeQueue } from '../../ports/sync-queues';
import type { Vectors } from '../../ports/vectors';
import type { IndexPorts, IndexTerms, Span } from '../terms';

export interface BulkTerms extends IndexTerms {
  readonly embedding: EmbeddingPolicy;
}

export interface BulkPorts extends IndexPorts {
  /** Scans that are being read are followed there, for a step would wait too long. */
  readonly changes: Pick<ChangeQueue, 'send'>;
  readonly files: RunFiles;
  readonly vectors: Vectors;
  readonly bodies: BatchBodies;
  readonly clock: IndexPorts['clock'] & Pick<Clock, 'every'>;
  readonly publish: PublishMetrics;
  readonly log: Log;
}

/** Until when a step has to be done. */
export type Due = Span;
