export * from './capabilities';
export * from './embedding-model';
export * from './geography';
export * from './model';
export * from './rerank-model';
