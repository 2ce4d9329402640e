import { parseArgs } from 'node:util';
import { Refusal } from './data';
import type { Options } from './row';

const OPTIONS = {
  'runs': { type: 'string' },
  'json': { type: 'boolean' },
  'check': { type: 'boolean' },
  'help': { type: 'boolean' },
  'schemas': { type: 'string' },
  'strings': { type: 'string' },
  'files': { type: 'string' },
  'corpora': { type: 'string' },
  'questions': { type: 'string' },
  'tokens': { type: 'string' },
  'qrels': { type: 'string' },
  'dataset': { type: 'string' },
  'store': { type: 'string' },
  'embeddings': { type: 'string' },
  'embedding-model': { type: 'string' },
  'save': { type: 'string' },
} as const;

export interface Arguments {
  /** Names of rows; none for every row. */
  readonly names: readonly string[];
  readonly options: Options;
  /** Whether a missed size fails. */
  readonly check?: boolean;
  readonly help?: boolean;
}

/** Reads what stands behind `npm run bench --`, and refuses what no row could mean. */
export function readArguments(given: readonly string[]): Arguments {
  const { args, runFiles } = takeRunFiles(given);
  refuseOdd(args);
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const { check, help, 'embedding-model': embeddingModel, ...options } = values;
  return {
    names: positionals,
    options: { ...options, runs: wholeNumber('runs', values.runs, 1), runFiles, tokens: wholeNumber('tokens', values.tokens, 20), embeddingModel },
    check,
    help,
  };
}

/** `--runs 5` says how often a row runs, `--runs A.json B.json` what it reads. */
function takeRunFiles(given: readonly string[]): { args: string[]; runFiles?: string[] } {
  const at = given.indexOf('--runs');
  if (at < 0 || given[at + 1] === undefined || /^-|^-?[\d.]+$/.test(given[at + 1])) return { args: [...given] };
  const end = given.findIndex((arg, place) => place > at && arg.startsWith('-'));
  const behind = end < 0 ? given.length : end;
  return { args: [...given.slice(0, at), ...given.slice(behind)], runFiles: given.slice(at + 1, behind) };
}

function refuseOdd(args: string[]): void {
  for (const token of parseArgs({ args, allowPositionals: true, options: OPTIONS, strict: false, tokens: true }).tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    if (!(name in OPTIONS)) throw new Refusal(`There is no option '${rawName}', there are ${Object.keys(OPTIONS).map((each) => `--${each}`).join(', ')}`);
    const takes = OPTIONS[name as keyof typeof OPTIONS].type === 'string';
    if (takes && (!value || (!inlineValue && value.startsWith('-')))) throw new Refusal(`'${rawName}' must have a value behind it, got ${value ? value : 'none'}`);
    if (!takes && value !== undefined) throw new Refusal(`'${rawName}' takes no value, got ${value}`);
  }
}

function wholeNumber(name: string, given: string | undefined, least: number): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!Number.isInteger(value) || value < least) throw new Refusal(`'--${name}' must be a whole number from ${least}, got ${given}`);
  return value;
}
