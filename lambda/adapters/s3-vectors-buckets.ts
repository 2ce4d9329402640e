import { DeleteIndexCommand, ListIndexesCommand, type S3VectorsClient } from '@aws-sdk/client-s3vectors';
import type { VectorBuckets } from '../ports/vector-buckets';

/** Vector buckets of S3 Vectors. */
export function s3VectorsBuckets(client: S3VectorsClient): VectorBuckets {
  return {
    indexes: async (vectorBucketArn) => {
      const { indexes = [] } = await unlessGone(client.send(new ListIndexesCommand({ vectorBucketArn }))) ?? {};
      return indexes.map(({ indexArn }) => indexArn!);
    },
    drop: async (indexArn) => void await unlessGone(client.send(new DeleteIndexCommand({ indexArn }))),
  };
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundException') return undefined;
    throw error;
  }
}
