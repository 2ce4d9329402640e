export * from './api';
export * from './chatbot-api';
export * from './guardrail';
export * from './knowledge';
export * from './managed-rag';
export * from './model';
export * from './observability';
export * from './posture';
