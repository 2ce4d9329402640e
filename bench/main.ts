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
import type { Row } from './row';
import { bench } from './run';
import size from './size';
import stream from './stream';
import synth, { synthRag } from './synth';

const rows: Row[] = [size, load, importing, stream, synth, synthRag, openaiSpec, hostile, parsing, chunking, retrieval, fusion, query, ingest, churn];

void bench(rows, process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error) => {
  console.error(error);
  process.exitCode = 1;
});
