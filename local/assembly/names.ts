import { createHash } from 'node:crypto';
import type { Resource } from './assembly';

export const ACCOUNT = '123456789012';
export const REGION = 'us-east-1';
export const PARTITION = 'aws';

/** The ARN of something in the one account and region there is here. */
export function arn(service: string, resource: string, region = REGION, account = ACCOUNT): string {
  return `arn:${PARTITION}:${service}:${region}:${account}:${resource}`;
}

/** Letters that stay the same from start to start, so that a conversation kept yesterday is found today. */
export function stableId(resource: Resource, length: number, alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'): string {
  const bytes = createHash('sha512').update(`${resource.stack.name}/${resource.logicalId}`).digest();
  return Array.from({ length }, (_, i) => alphabet[bytes[i] % alphabet.length]).join('');
}

/** As CloudFormation makes names. */
export function generatedName(resource: Resource): string {
  const suffix = stableId(resource, 12, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');
  return `${resource.stack.name}-${resource.logicalId}`.slice(0, 51) + `-${suffix}`;
}

/** 3 to 63 letters, digits and hyphens. */
export function lowerName(resource: Resource): string {
  return generatedName(resource).toLowerCase().replace(/[^a-z0-9-]/g, '-').slice(-63).replace(/^-+/, '');
}

export function uuid(resource: Resource): string {
  const hex = createHash('sha256').update(`${resource.stack.name}/${resource.logicalId}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
