import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { GetObjectCommand, ListObjectsV2Command, type ListObjectsV2CommandOutput, PutObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { RunFiles } from '../ports/run-files';

/** Files in one S3 bucket. */
export function s3RunFiles(client: S3Client, Bucket: string): RunFiles {
  return {
    async* list(Prefix) {
      let ContinuationToken: string | undefined;
      do {
        const further = ContinuationToken !== undefined && { ContinuationToken };
        const page: ListObjectsV2CommandOutput = await client.send(new ListObjectsV2Command({ Bucket, Prefix, ...further }));
        for (const { Key: key, Size: bytes = 0 } of page.Contents ?? []) if (key !== undefined) yield { key, bytes };
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },

    async lines(Key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        return createInterface({ input: Body as Readable, crlfDelay: Infinity });
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
        throw error;
      }
    },

    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json' }));
    },
  };
}
