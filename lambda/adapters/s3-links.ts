import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Links } from '../ports/links';

/** Links to objects of S3, signed by whoever the client acts as: nothing is asked, so a link to what may not be read is made too, and opens nothing. */
export function s3Links(client: S3Client): Links {
  return {
    async sign(uri, expiresIn) {
      const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? [];
      if (!Bucket || !Key) throw new Error('such an address is none of an object');
      return getSignedUrl(client, new GetObjectCommand({ Bucket, Key }), { expiresIn });
    },
  };
}
