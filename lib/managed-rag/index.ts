export * from './data-source';
export * from './knowledge-store';
export { type S3VectorsOptions } from './s3-vectors-store';
