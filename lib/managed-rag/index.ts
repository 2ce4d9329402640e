export * from './data-source';
export * from './knowledge-store';
export * from './managed-rag';
export * from './managed-rag-props';
export { type S3VectorsOptions } from './s3-vectors-store';
