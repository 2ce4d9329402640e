export * from './chat-auth';
export * from './chat-endpoint';
export * from './chatbot-api';
export * from './transport';
