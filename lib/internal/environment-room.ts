import { Stack } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';

/** What Lambda takes as the environment of a function, names and values together. */
const ENVIRONMENT_BYTES = 4_096;

/** What values come to that the deployment makes up: an ARN with a name of usual length, any other. */
const ARN_BYTES = 120;
const TOKEN_BYTES = 60;

/** What is wrong with an environment that Lambda would not take. */
export function environmentProblems(scope: IConstruct, environment: Readonly<Record<string, string>>): string[] {
  const sizes = Object.entries(environment).map(([key, value]) => ({ key, bytes: Buffer.byteLength(key) + bytesOf(Stack.of(scope).resolve(value)) }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= ENVIRONMENT_BYTES) return [];
  const [largest] = sizes.sort((one, other) => other.bytes - one.bytes);
  return [`the environment of the function must have at most ${ENVIRONMENT_BYTES} bytes, which is what Lambda takes, got about ${total}, of which ${largest.key} takes ${largest.bytes}: `
    + `give fewer or shorter entries of what ${largest.key} is made of, such as metadata fields, patterns, limits or origins`];
}

/** What a value comes to, as far as synthesis knows it. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  const { 'Fn::Join': joined, 'Fn::GetAtt': attribute } = value as { 'Fn::Join'?: [string, unknown[]]; 'Fn::GetAtt'?: string | string[] };
  if (attribute) return `${[attribute].flat().at(-1)}`.endsWith('Arn') ? ARN_BYTES : TOKEN_BYTES;
  if (!joined || !Array.isArray(joined[1])) return TOKEN_BYTES;
  const [separator, parts] = joined;
  return parts.reduce<number>((sum, part) => sum + bytesOf(part) + Buffer.byteLength(separator), 0);
}
