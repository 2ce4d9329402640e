export * from './collection-access';
export * from './collection-capacity';
export * from './data-source';
export * from './knowledge-store';
export * from './managed-rag';
export * from './managed-rag-props';
export { type SearchFields } from './open-search-index';
export { type ExistingCollectionIndex, type OpenSearchServerlessOptions } from './open-search-serverless-store';
export { type S3VectorsOptions } from './s3-vectors-store';
