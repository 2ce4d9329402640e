import { S3Client } from '@aws-sdk/client-s3';
import { s3Links } from '../adapters/s3-links';

/** Signs links to documents, such that a browser follows as they are. Nothing is sent anywhere, so there is nothing to wait for. */
export const links = s3Links(new S3Client({ responseChecksumValidation: 'WHEN_REQUIRED' }));
