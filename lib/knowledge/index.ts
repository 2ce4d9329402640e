export * from './imported-knowledge';
export * from './knowledge';
export * from './metadata-field';
export * from './reranking';
export * from './retrieval-options';
export * from './rows-options';
