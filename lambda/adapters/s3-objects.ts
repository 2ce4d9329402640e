import {
  DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client, S3ServiceException,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import type { FoundObject, ObjectFacts, Objects } from '../ports/objects';

/** As many as one call deletes. */
const MOST_KEYS = 1000;

/** Objects in one S3 bucket. */
export function s3Objects(client: S3Client, bucket: string): Objects {
  const remove = async (keys: readonly string[]) => {
    for (let from = 0; from < keys.length; from += MOST_KEYS) {
      const some = keys.slice(from, from + MOST_KEYS);
      const Delete = { Objects: some.map((Key) => ({ Key })), Quiet: true };
      const { Errors: errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
      if (errors.length > 0) throw new Error(`S3 did not delete ${errors.length} of ${some.length} objects: ${errors[0].Code}`);
    }
  };

  return {
    async put(key, content, about = {}) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: about.contentType, Metadata: metadata(about) }));
    },

    async get(key, maxBytes = Infinity) {
      const output = await unlessMissing(client.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
      if (!output?.Body) return undefined;
      if ((output.ContentLength ?? 0) > maxBytes) {
        // Unread, the answer would hold its connection.
        (output.Body as Partial<{ destroy(): void }>).destroy?.();
        return undefined;
      }
      return { ...facts(output), content: await output.Body.transformToByteArray() };
    },

    async find(key) {
      const output = await unlessMissing(client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
      return output && facts(output);
    },

    delete: remove,

    async deleteSome(prefix) {
      const { Contents: contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: MOST_KEYS }));
      await remove(contents.flatMap(({ Key }) => Key ?? []));
      return contents.length;
    },

    async upload(key, { contentType, maxBytes, seconds, ...about }) {
      const fixed = Object.entries(metadata(about) ?? {}).map(([name, value]) => [`x-amz-meta-${name}`, value]);
      const fields = { ...(contentType && { 'Content-Type': contentType }), ...Object.fromEntries(fixed) };
      // Every field becomes a condition of its own, so none can be changed.
      return createPresignedPost(client, { Bucket: bucket, Key: key, Fields: fields, Conditions: [['content-length-range', 1, maxBytes]], Expires: seconds });
    },
  };
}

/** Headers carry ASCII only. */
function metadata({ labels }: ObjectFacts): Record<string, string> | undefined {
  return labels && Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, encodeURIComponent(value)]));
}

interface Output {
  readonly ContentLength?: number;
  readonly ContentType?: string;
  readonly LastModified?: Date;
  readonly Metadata?: Record<string, string>;
}

function facts({ ContentLength, ContentType, LastModified, Metadata = {} }: Output): FoundObject {
  return {
    bytes: ContentLength ?? 0,
    contentType: ContentType,
    modifiedAt: LastModified?.getTime(),
    labels: Object.fromEntries(Object.entries(Metadata).map(([name, value]) => [name, decoded(value)])),
  };
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** S3 says 404 to those who may list the bucket, and 403 to all others; ours may, so that the two stay apart. */
async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
    throw error;
  }
}
