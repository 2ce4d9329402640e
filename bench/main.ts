import { parseArgs } from 'node:util';
import chunking from './chunking';
import hostile from './hostile';
import importing from './import';
import load from './load';
import openaiSpec from './openai-spec';
import parsing from './parsing';
import { isMet, type Figure, type Options, type Result, type Row } from './row';
import size from './size';
import stream from './stream';
import synth from './synth';

const rows: Row[] = [size, load, importing, stream, synth, openaiSpec, hostile, parsing, chunking];

const usage = `npm run -s bench -- [row …] [--runs N] [--json] [--check] [--schemas DIR] [--strings FILE] [--files DIR] [--corpora DIR --questions FILE [--tokens N]]
${rows.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      json: { type: 'boolean' },
      check: { type: 'boolean' },
      help: { type: 'boolean' },
      schemas: { type: 'string' },
      strings: { type: 'string' },
      files: { type: 'string' },
      corpora: { type: 'string' },
      questions: { type: 'string' },
      tokens: { type: 'string' },
    },
  });
  if (values.help) return say(usage, 0);
  const unknown = positionals.find((name) => !rows.some((row) => row.name === name));
  if (unknown) return say(`There is no row '${unknown}'.\n${usage}`, 2);
  const runs = values.runs === undefined ? undefined : Number(values.runs);
  if (runs !== undefined && !(Number.isInteger(runs) && runs > 0)) return say(`'--runs' must be a whole number above 0, got ${values.runs}`, 2);
  const tokens = values.tokens === undefined ? undefined : Number(values.tokens);
  if (tokens !== undefined && !(Number.isInteger(tokens) && tokens >= 20)) return say(`'--tokens' must be a whole number from 20, got ${values.tokens}`, 2);
  const options: Options = { runs, schemas: values.schemas, strings: values.strings, files: values.files, json: values.json, corpora: values.corpora, questions: values.questions, tokens };
  const report: Record<string, Result> = {};

  for (const row of rows.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    if (row.needs && !options[row.needs]) {
      if (positionals.length > 0) return say(`'${row.name}' needs --${row.needs}\n${usage}`, 2);
      if (!values.json) console.log(`\n${row.name}: left out, it needs --${row.needs}`);
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

function print({ figures, notes }: Result) {
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const figure of figures) console.log(`  ${figure.name.padEnd(width)}  ${amount(figure)}${verdict(figure)}`);
  for (const note of notes ?? []) console.log(`  (${note})`);
}

function amount({ value, unit }: Figure): string {
  const digits = unit === '×' || unit === 'MB' || unit === 's' ? 2 : unit === 'ms' || unit === '%' ? 1 : unit === 'p' ? 3 : 0;
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
