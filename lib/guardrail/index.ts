export * from './guardrail-reference';
