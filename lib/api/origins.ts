import { type IConstruct } from 'constructs';
import { requireCount, requirePattern } from '../internal/validation';

/** What the origins of web pages must be by themselves. */
export function requireOrigins(scope: IConstruct, corsOrigins: string[]) {
  requireCount(scope, 'corsOrigins', corsOrigins, 0, Infinity);
  for (const origin of corsOrigins) {
    requirePattern(scope, 'corsOrigins', origin, /^https?:\/\/[^/*\s,']+$/, 'an origin like https://chat.example.com, without a path, a slash at its end or a wildcard');
  }
}
