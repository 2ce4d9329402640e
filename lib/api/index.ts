export * from './api-auth';
export { type ApiDomain } from './api-domain';
export * from './api-throttling';
export * from './rag-api';
export { type OwnDomainOptions, RestDomain } from './rest-domain';
export { type RestStreamingOptions } from './rest-streaming-options';
