import { parseArgs } from 'node:util';
import chunking from './chunking';
import churn from './churn';
import fusion from './fusion';
import hostile from './hostile';
import importing from './import';
import ingest from './ingest';
import load from './load';
import openaiSpec from './openai-spec';
import parsing from './parsing';
import query from './query';
import retrieval from './retrieval';
import { isMet, type Figure, type Options, type Result, type Row } from './row';
import size from './size';
import stream from './stream';
import synth, { synthRag } from './synth';

const rows: Row[] = [size, load, importing, stream, synth, synthRag, openaiSpec, hostile, parsing, chunking, retrieval, fusion, query, ingest, churn];

const usage = `npm run -s bench -- [row …] [--runs N] [--json] [--check] [--schemas DIR] [--strings FILE] [--files DIR] [--corpora DIR --questions FILE [--tokens N]]
  [--dataset DIR [--embeddings URL [--embedding-model NAME]] [--save DIR]] [--runs A.json B.json --qrels FILE] [--store aurora|s3-vectors]
${rows.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}`;

async function main(): Promise<number> {
  const { args, runFiles } = takeRunFiles(process.argv.slice(2));
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
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
    },
  });
  if (values.help) return say(usage, 0);
  const unknown = positionals.find((name) => !rows.some((row) => row.name === name));
  if (unknown) return say(`There is no row '${unknown}'.\n${usage}`, 2);
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  if (runs !== undefined && !(Number.isInteger(runs) && runs > 0)) return say(`'--runs' must be a whole number above 0, got ${values.runs}`, 2);
  const tokens = values.tokens === undefined ? undefined : Number(values.tokens);
  if (tokens !== undefined && !(Number.isInteger(tokens) && tokens >= 20)) return say(`'--tokens' must be a whole number from 20, got ${values.tokens}`, 2);
  const { 'embedding-model': embeddingModel, ...given } = values;
  const options: Options = { ...given, runs, runFiles, tokens, embeddingModel };
  const report: Record<string, Result> = {};

  for (const row of rows.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const lacking = row.needs?.find((need) => !options[need]);
    if (lacking) {
      const needs = `needs --${lacking === 'runFiles' ? 'runs A.json B.json' : lacking}`;
      if (positionals.length > 0) return say(`'${row.name}' ${needs}\n${usage}`, 2);
      if (!values.json) console.log(`\n${row.name}: left out, it ${needs}`);
      continue;
    }
    if (!values.json) console.log(`\n${row.name}: ${row.title}`);
    report[row.name] = await row.run(options);
    if (!values.json) print(report[row.name]);
  }
  if (values.json) console.log(JSON.stringify(report, null, 2));
  const missed = Object.values(report).flatMap(({ figures }) => figures).filter((figure) => !isMet(figure));
  const failing = missed.filter(({ kind }) => kind === 'check' || (values.check && kind === 'size'));
  return failing.length > 0 ? 1 : 0;
}

/** `--runs 5` says how often a row runs, `--runs A.json B.json` what it reads. */
function takeRunFiles(given: readonly string[]): { args: string[]; runFiles?: string[] } {
  const at = given.indexOf('--runs');
  if (at < 0 || given[at + 1] === undefined || /^-|^-?[\d.]+$/.test(given[at + 1])) return { args: [...given] };
  const end = given.findIndex((arg, place) => place > at && arg.startsWith('-'));
  const behind = end < 0 ? given.length : end;
  return { args: [...given.slice(0, at), ...given.slice(behind)], runFiles: given.slice(at + 1, behind) };
}

function print({ figures, notes }: Result) {
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const figure of figures) console.log(`  ${figure.name.padEnd(width)}  ${amount(figure)}${verdict(figure)}`);
  for (const note of notes ?? []) console.log(`  (${note})`);
}

function amount({ value, unit }: Figure): string {
  const digits = unit.includes('@') ? 4 : unit === '×' || unit === 'MB' || unit === 's' ? 2 : unit === 'ms' || unit === '%' ? 1 : unit === 'p' ? 3 : 0;
  return `${value.toFixed(digits)}${unit === '×' ? '' : ' '}${unit}`.trim().padStart(10);
}

function verdict(figure: Figure): string {
  if (figure.goal === undefined) return '';
  return `   goal ≤ ${figure.goal}${figure.unit === '×' ? '' : ' '}${figure.unit}`.trimEnd() + (isMet(figure) ? '   met' : '   MISSED');
}

function say(text: string, code: number): number {
  console.error(text);
  return code;
}

void main().then((code) => { process.exitCode = code; }, (error) => {
  console.error(error);
  process.exitCode = 1;
});
