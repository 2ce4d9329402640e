import { HeadObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { Documents } from '../ports/documents';

/** Objects of S3. Who may list the bucket is told of a missing one by 404; who may not, by 403, which is an error here. */
export function s3Documents(client: S3Client): Documents {
  return {
    async version(Bucket, Key) {
      try {
        const { ETag, VersionId, LastModified } = await client.send(new HeadObjectCommand({ Bucket, Key }));
        return [ETag, VersionId, LastModified?.getTime()].join(' ');
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
        throw error;
      }
    },
  };
}
