export * from './chat-alarms-options';
export * from './chat-auth';
export * from './chat-hooks';
export * from './chatbot-api';
export * from './chatbot-api-props';
export * from './conversation-memory';
export * from './transport';
