import { SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { type ContainerOptions } from './container-options';
import { fail } from '../internal/validation';

/** What Fargate pairs with CPU units, in MiB. */
const MEMORY: Readonly<Record<number, { readonly least: number; readonly most: number; readonly step: number }>> = {
  256: { least: 512, most: 2_048, step: 512 },
  512: { least: 1_024, most: 4_096, step: 1_024 },
  1024: { least: 2_048, most: 8_192, step: 1_024 },
  2048: { least: 4_096, most: 16_384, step: 1_024 },
  4096: { least: 8_192, most: 30_720, step: 1_024 },
  8192: { least: 16_384, most: 61_440, step: 4_096 },
  16384: { least: 32_768, most: 122_880, step: 8_192 },
};

/** By its step it would be paired with 256 units, and Fargate has no task of that size. */
const MISSING = 1_536;

/** Holds the size of a task to what Fargate has. */
export function requireTaskSize(scope: IConstruct, { cpu = 1024, memory }: Pick<ContainerOptions, 'cpu' | 'memory'>): void {
  if (Token.isUnresolved(cpu)) return;
  const range = MEMORY[cpu];
  if (!range) fail(scope, `'cpu' must be one of ${Object.keys(MEMORY).join(', ')}, the CPU units that Fargate has, got ${cpu}: take one of these, or leave it out for 1024`);
  if (memory === undefined || memory.isUnresolved()) return;
  const mebibytes = memory.toMebibytes({ rounding: SizeRoundingBehavior.NONE });
  const paired = mebibytes >= range.least && mebibytes <= range.most && mebibytes % range.step === 0 && !(cpu === 256 && mebibytes === MISSING);
  if (!paired) {
    fail(scope, `'memory' must be from ${range.least} to ${range.most} MiB in steps of ${range.step}${cpu === 256 ? `, but not ${MISSING},` : ''} with 'cpu' ${cpu}, which is what Fargate pairs, got ${mebibytes} MiB: `
      + "take one of these, other 'cpu', or leave it out for two MiB for each CPU unit");
  }
}
