import type { ApiRoute } from './api';

/**
 * The table of sessions, one item each: what was asked and answered last, as much as a model is told of it.
 *
 * session   pk `owner#<owner>` or `owner#<owner>#tenant#<tenant>`   sk `session#<id>`   exchanges, version, expiresAt
 *
 * Owner and tenant are URI-encoded, so that nobody can spell another's key. `version` grows with each write, which carries the one it read as its condition.
 */
export const SESSIONS = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'expiresAt',
} as const;

/** Where sessions are kept, and for how long after the last question. */
export interface SessionsPolicy {
  readonly table: string;
  readonly seconds: number;
}

/** The routes of an API that keeps sessions, beside those of questions. */
export const SESSION_ROUTES: Readonly<Record<'removal', ApiRoute>> = {
  removal: { method: 'DELETE', path: '/v1/sessions/{id}' },
};
