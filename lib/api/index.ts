export * from './api-auth';
export { type ApiDomain, type RestDomain } from './api-domain';
export * from './api-throttling';
