export { ContextLines, type ContextLinesOptions } from './context-lines';
export * from './diy-rag';
export * from './diy-rag-props';
export { type PassageRetrieval } from './passage-retrieval';
export { Splitter, type SplitOptions, type TableSplitOptions, type TokenSplitOptions } from './splitter';
export * from './vector-store';
