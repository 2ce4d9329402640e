import { GetObjectCommand, HeadObjectCommand, type ListObjectsV2CommandOutput, ListObjectsV2Command, type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { OriginalAway, type Originals } from '../ports/originals';

/** Objects of S3. Who may list the bucket is told of a missing one by 404; who may not, by 403, which is an error here. */
export function s3Originals(client: S3Client): Originals {
  return {
    async find(Bucket, Key) {
      const found = await unless([404], client.send(new HeadObjectCommand({ Bucket, Key })));
      return found && { tag: found.ETag ?? '', bytes: found.ContentLength ?? 0, contentType: found.ContentType };
    },

    async read(Bucket, Key, tag) {
      const found = await unless([404, 412], client.send(new GetObjectCommand({ Bucket, Key, IfMatch: tag })).catch(unlessArchived));
      return found?.Body?.transformToByteArray();
    },

    async* list(Bucket, Prefix, after) {
      let ContinuationToken: string | undefined;
      do {
        const page: ListObjectsV2CommandOutput = await client.send(new ListObjectsV2Command({
          Bucket, ...(Prefix !== '' && { Prefix }), ...(ContinuationToken === undefined ? { StartAfter: after } : { ContinuationToken }),
        }));
        for (const { Key: key, ETag: tag } of page.Contents ?? []) if (key !== undefined && tag !== undefined) yield { key, tag };
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
    },
  };
}

/** Storage classes from which nothing is read before it is restored. */
function unlessArchived(error: Error): never {
  if (error.name !== 'InvalidObjectState') throw error;
  throw new OriginalAway('It lies in an archive of S3, from which nothing is read at once: restore it, or put it up in another storage class.', { cause: error });
}

async function unless<T>(statuses: readonly number[], answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof S3ServiceException && statuses.includes(error.$metadata.httpStatusCode ?? 0)) return undefined;
    throw error;
  }
}
