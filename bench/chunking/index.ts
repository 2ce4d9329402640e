import { join } from 'node:path';
import { average, type CorpusChunk, evaluate, paired, type Question, type Scores } from './evaluation';
import { recursive, type Span } from './recursive';
import { textDocument } from './text-document';
import { cut } from '../../lambda/chunk/chunker';
import { sentenceStarts } from '../../lambda/chunk/sentences';
import { estimateTokens } from '../../lambda/chunk/tokens';
import { type Field, jsonLines, nameField, readFolder, readText, Refusal } from '../data';
import type { Figure, Options, Row } from '../row';

/** Mean sizes of the recursive splitter at 200 and 400 tokens, by which others have been measured. */
const MEANS = [137, 276];
/** What the time is told for. */
const CHARACTERS = 1_450_000;

type Split = (text: string, most: number) => readonly (Span & { readonly lead?: string })[];
type Corpora = ReadonlyMap<string, string>;

const structure: Split = (text, tokens) => cut(textDocument(text), { by: 'structure', tokens })
  .map(({ start, end, headings, tableHead }) => ({ start, end, lead: [...headings, tableHead ?? ''].join('\n') }));
const reference: Split = (text, tokens) => recursive(text, tokens, estimateTokens);

const chunking: Row = {
  name: 'chunking',
  title: 'chunks by structure against a recursive splitter of the same mean size, on questions whose answers are marked (Ω, and BM25 over all texts)',
  needs: ['corpora', 'questions'],
  run: measure,
};

async function measure({ corpora = '', questions = '', tokens }: Options) {
  const texts = readCorpora(corpora);
  const asked = await readQuestions(questions, texts);
  const notes = [`${asked.length} questions to ${texts.size} texts; p is that of a paired t-test over the questions: below 0.05 the difference is none of chance`,
    'BM25: over words as they are written, in lower case',
    'as DiyRag indexes: by BM25 over stems, and with the names of texts, headings and heads of tables that its index searches with a chunk; the recursive splitter knows of names alone'];
  const figures = (tokens === undefined ? MEANS : [tokens]).flatMap((mean) => compared(mean, texts, asked));
  return { figures: [...figures, ...timed(texts)], notes };
}

function compared(mean: number, texts: Corpora, questions: readonly Question[]): Figure[] {
  const ours = tuned(structure, mean, texts);
  const theirs = tuned(reference, mean, texts);
  const [scores, others] = [evaluate(ours, questions), evaluate(theirs, questions)];
  return [
    ...described(`${mean}, structure`, ours, scores, texts),
    ...described(`${mean}, recursive`, theirs, others, texts),
    ...difference(`${mean}, Ω`, scores.precision, others.precision),
    ...difference(`${mean}, BM25 recall@5`, scores.recall, others.recall),
    ...difference(`${mean}, as DiyRag indexes`, scores.indexed, others.indexed).slice(0, 2),
  ];
}

function described(name: string, chunks: readonly CorpusChunk[], { precision, recall, iou, indexed }: Scores, texts: Corpora): Figure[] {
  const figure = (what: string, value: number, unit: Figure['unit'] = '%'): Figure => ({ name: `${name}: ${what}`, value, unit, kind: 'check' });
  return [
    figure('mean tokens', average(chunks.map(({ text }) => estimateTokens(text))), ''),
    figure('chunks', chunks.length, ''),
    figure('Ω', 100 * average(precision)),
    figure('BM25 recall@5', 100 * average(recall)),
    figure('BM25 IoU@5', 100 * average(iou)),
    figure('as DiyRag indexes, recall of the best five', 100 * average(indexed)),
    figure('chunks that end within a sentence', 100 * average(chunks.map((chunk) => (endsWithin(chunk, texts) ? 1 : 0)))),
  ];
}

/** A chunk may be less good than the other by chance alone; a difference that chance does not explain is a failure. */
function difference(name: string, one: readonly number[], other: readonly number[]): Figure[] {
  const { mean, p } = paired(one, other);
  return [
    { name: `${name}: structure's lead`, value: 100 * mean, unit: '%', kind: 'check' },
    { name: `${name}: p`, value: p, unit: 'p', kind: 'check' },
    { name: `${name}: worse, and not by chance`, value: mean < 0 && p < 0.05 ? 1 : 0, unit: '', goal: 0, kind: 'check' },
  ];
}

function endsWithin({ corpus, end }: CorpusChunk, texts: Corpora): boolean {
  const text = texts.get(corpus) ?? '';
  const line = { start: text.lastIndexOf('\n', end - 1) + 1, end: text.indexOf('\n', end) < 0 ? text.length : text.indexOf('\n', end) };
  if (text.slice(end, line.end).trim() === '') return false;
  return !sentenceStarts(text, line.start, line.end).some((start) => text.slice(Math.min(start, end), Math.max(start, end)).trim() === '');
}

/** By the size at which chunks have this mean; whatever a splitter takes for its size. */
function tuned(split: Split, mean: number, texts: Corpora): CorpusChunk[] {
  let [least, most] = [mean * 0.7, mean * 4];
  let best: CorpusChunk[] = [];
  let off = Infinity;
  for (let round = 0; round < 14; round++) {
    const size = (least + most) / 2;
    const chunks = [...texts].flatMap(([corpus, text]) => split(text, size).map((span) => ({ corpus, ...span, text: text.slice(span.start, span.end) })));
    const reached = average(chunks.map(({ text }) => estimateTokens(text)));
    if (Math.abs(reached - mean) < off) [off, best] = [Math.abs(reached - mean), chunks];
    if (reached > mean) most = size;
    else least = size;
  }
  return best;
}

function timed(texts: Corpora): Figure[] {
  const all = [...texts.values()].join('\n\n');
  const text = all.repeat(Math.ceil(CHARACTERS / all.length)).slice(0, CHARACTERS);
  structure(all, 200);
  const before = performance.now();
  structure(text, 200);
  return [{ name: '1.45 MB, structure', value: (performance.now() - before) / 1_000, unit: 's', goal: 2, kind: 'time' }];
}

function readCorpora(folder: string): Corpora {
  const names = readFolder("'--corpora'", folder).filter((name) => name.endsWith('.md')).sort();
  const texts = new Map(names.map((name) => [name.slice(0, -'.md'.length), readText("a text of '--corpora'", join(folder, name))]));
  if (![...texts.values()].some((text) => text.trim())) throw new Refusal(`'--corpora' must be a folder with texts named *.md, found none in ${folder}`);
  return texts;
}

interface Line {
  readonly corpus: string;
  readonly question: string;
  readonly references: readonly { readonly start_index: number; readonly end_index: number }[];
}

const FIELDS: readonly Field[] = [
  nameField('corpus'),
  nameField('question'),
  {
    name: 'references',
    rule: '[{"start_index", "end_index"}], places in the text as whole numbers, the first before the other',
    holds: (value) => Array.isArray(value) && value.length > 0 && value.every((place: Partial<Line['references'][number]> | null) => {
      const [start, end] = [place?.start_index, place?.end_index];
      return Number.isInteger(start) && Number.isInteger(end) && 0 <= start! && start! < end!;
    }),
  },
];

/** Those to other texts than are there are left out. */
async function readQuestions(file: string, texts: Corpora): Promise<Question[]> {
  const lines: Line[] = [];
  for await (const line of jsonLines<Line>("'--questions'", file, FIELDS)) lines.push(line);
  const answered = lines.filter(({ corpus }) => texts.has(corpus));
  if (answered.length === 0) throw new Refusal(`'--questions' must hold questions to the texts of '--corpora', ${[...texts.keys()].join(', ')}: none of ${lines.length} is to one of them`);
  return answered.map(({ corpus, question, references }) => ({
    corpus, question, references: references.map(({ start_index: start, end_index: end }) => ({ start, end })),
  }));
}

export default chunking;
