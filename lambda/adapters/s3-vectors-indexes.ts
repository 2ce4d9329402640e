import { CreateIndexCommand, DeleteIndexCommand, GetIndexCommand, type S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { awsTold } from './aws-told';
import { type PassageIndex, S3_VECTORS_KEYS } from '../../lib/contract/passage-stores';
import { type Dropped, type PassageIndexes, StoreFailure } from '../ports/passage-store';

/** Where an index lies in its bucket; S3 Vectors takes no `_` in names. */
export function indexArnOf(vectorBucketArn: string, name: string): string {
  return `${vectorBucketArn}/index/${name.replaceAll('_', '-')}`;
}

/** Drops the words of an index, as `PassageIndexes.drop` does. */
export interface DroppedWords {
  dropWords(name: string, signal: AbortSignal, from?: string): Promise<Dropped>;
}

/** Indexes of one vector bucket, made and dropped while others of it are searched. */
export function s3VectorsIndexes(client: S3VectorsClient, vectorBucketArn: string, words: DroppedWords): PassageIndexes {
  return {
    make: async ({ name, dimension }) => {
      const settled = { dataType: 'float32' as const, dimension, distanceMetric: 'cosine' as const, metadataConfiguration: { nonFilterableMetadataKeys: [S3_VECTORS_KEYS.chunk as string] } };
      try {
        await awsTold('S3 Vectors', () => client.send(new CreateIndexCommand({ vectorBucketArn, indexName: name.replaceAll('_', '-'), ...settled })));
      } catch (error) {
        if (nameOf(error) !== 'ConflictException') throw error;
        const { index } = await awsTold('S3 Vectors', () => client.send(new GetIndexCommand({ indexArn: indexArnOf(vectorBucketArn, name) })));
        const isSame = index?.dimension === dimension && index.distanceMetric === settled.distanceMetric
          && index.metadataConfiguration?.nonFilterableMetadataKeys?.includes(S3_VECTORS_KEYS.chunk);
        if (!isSame) throw isAnother({ name, dimension }, index?.dimension);
      }
    },

    drop: async (name, signal, from) => {
      try {
        // First: what somebody writes still then fails before its words are.
        await awsTold('S3 Vectors', () => client.send(new DeleteIndexCommand({ indexArn: indexArnOf(vectorBucketArn, name) })));
      } catch (error) {
        if (nameOf(error) !== 'NotFoundException') throw error;
      }
      return words.dropWords(name, signal, from);
    },
  };
}

function isAnother({ name, dimension }: Pick<PassageIndex, 'name' | 'dimension'>, got?: number): StoreFailure {
  return new StoreFailure('refused', `the index '${name}' must be one of ${dimension} numbers compared by cosine, got one of ${got ?? 'unknown'}: drop it, or take another name`);
}

function nameOf(error: unknown): string | undefined {
  return error instanceof StoreFailure && error.cause instanceof Error ? error.cause.name : undefined;
}
