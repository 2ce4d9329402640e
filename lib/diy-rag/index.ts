export { ContextLines, type ContextLinesOptions } from './context-lines';
export * from './diy-rag';
export * from './diy-rag-props';
export { type SearchModelOptions } from './asked-model';
export { type PassageRetrieval } from './passage-retrieval';
export * from './query-expansion';
export * from './query-rewriting';
export { Splitter, type SplitOptions, type TableSplitOptions, type TokenSplitOptions } from './splitter';
export * from './vector-store';
