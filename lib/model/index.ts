export * from './capabilities';
export * from './embedding-model';
export * from './geography';
export * from './model';
export * from './model-binding';
export * from './rerank-model';
export * from './routing';
