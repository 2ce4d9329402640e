export * from './guardrail';
export * from './model';
