import { readArguments } from './arguments';
import { Refusal } from './data';
import { isMet, type Figure, type Result, type Row } from './row';

const usage = (rows: readonly Row[]) => `npm run -s bench -- [row …] [--runs N] [--json] [--check] [--schemas DIR] [--strings FILE] [--files DIR] [--corpora DIR --questions FILE [--tokens N]]
  [--dataset DIR [--embeddings URL [--embedding-model NAME]] [--save DIR]] [--runs A.json B.json --qrels FILE] [--store aurora|s3-vectors]
${rows.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}`;

/** Runs rows and prints their figures. Gives what the process ends with: 0, 1 where a check fails, 2 where it was asked or given what is wrong. */
export async function bench(rows: readonly Row[], given: readonly string[]): Promise<number> {
  try {
    return await runAll(rows, given);
  } catch (error) {
    if (error instanceof Refusal) return say(error.message, 2);
    throw error;
  }
}

async function runAll(rows: readonly Row[], given: readonly string[]): Promise<number> {
  const { names, options, check, help } = readArguments(given);
  if (help) return say(usage(rows), 0);
  const unknown = names.find((name) => !rows.some((row) => row.name === name));
  if (unknown) throw new Refusal(`There is no row '${unknown}'.\n${usage(rows)}`);
  const report: Record<string, Result> = {};

  for (const row of rows.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const lacking = row.needs?.find((need) => !options[need]);
    if (lacking) {
      const needs = `needs --${lacking === 'runFiles' ? 'runs A.json B.json' : lacking}`;
      if (names.length > 0) throw new Refusal(`'${row.name}' ${needs}\n${usage(rows)}`);
      if (!options.json) console.log(`\n${row.name}: left out, it ${needs}`);
      continue;
    }
    if (!options.json) console.log(`\n${row.name}: ${row.title}`);
    report[row.name] = await row.run(options);
    if (!options.json) print(report[row.name]);
  }
  if (options.json) console.log(JSON.stringify(report, null, 2));
  const missed = Object.values(report).flatMap(({ figures }) => figures).filter((figure) => !isMet(figure));
  const failing = missed.filter(({ kind }) => kind === 'check' || (check && kind === 'size'));
  return failing.length > 0 ? 1 : 0;
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
