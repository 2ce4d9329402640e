export * from './model-router';
export * from './model-split';
export * from './request-trait';
