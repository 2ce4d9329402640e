import { createHash } from 'node:crypto';
import { Aws, Fn, Names } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';

/** Six characters of what the resource is replaced for, eight of what tells this stack from every other. */
const TAIL = 14;

export interface NameShape {
  readonly separator: string;
  readonly maxLength: number;
}

/** Eight characters that tell a deployed stack from every other, of whatever account and Region, and from itself before it was deleted. */
export function stackPart(): string {
  return Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
}

/**
 * A name for what its service wants named: it differs from stack to stack, from that of the same stack before it was deleted, and from that of the
 * resource that it takes the place of. `settled` is what cannot be changed without a replacement, resolved. It begins with a letter and has small
 * letters, digits and the separator.
 */
export function nameUnlikeAnyOther(scope: IConstruct, settled: unknown, { separator, maxLength }: NameShape): string {
  const version = createHash('sha256').update(JSON.stringify(settled)).digest('hex').slice(0, 6);
  const named = Names.uniqueResourceName(scope, { separator, maxLength: maxLength - TAIL - separator.length }).toLowerCase();
  // A long path is cut in its middle, and two separators may come to stand there side by side: Bedrock refuses them.
  const readable = named.split(separator).filter((part) => part !== '').join(separator);
  return `${readable}${separator}${version}${stackPart()}`;
}
