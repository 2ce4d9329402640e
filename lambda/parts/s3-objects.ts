import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { s3Objects } from '../adapters/s3-objects';
import type { Objects } from '../ports/objects';

/** Objects in the bucket of this name. */
export function openObjects(bucket: string): Objects {
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 20_000, throwOnRequestTimeout: true });
  // What comes back is held to its checksum by the connection already.
  return s3Objects(new S3Client({ requestHandler, responseChecksumValidation: 'WHEN_REQUIRED' }), bucket);
}
