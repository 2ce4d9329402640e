export * from './answer-metrics';
export { type RagAnswering } from './answering';
export { type AuroraClusterOptions } from './aurora-cluster';
export * from './query-sessions';
export * from './rag-alarms-options';
export { type OnChangeOptions, SyncPolicy } from './sync-policy';
