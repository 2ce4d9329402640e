import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import chunking from '../../bench/chunking';
import { Refusal } from '../../bench/data';
import fusion from '../../bench/fusion';
import parsing from '../../bench/parsing';
import retrieval from '../../bench/retrieval';
import type { Options, Row } from '../../bench/row';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'rows-')); });
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const lay = (files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  }
};
const lines = (...objects: object[]) => objects.map((each) => `${JSON.stringify(each)}\n`).join('');

/** What a row says instead of figures, with the folder as DIR; a defect is no refusal. */
async function refusal(row: Row, options: Options): Promise<string> {
  const error: unknown = await row.run({ json: true, ...options }).then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(Refusal);
  const { message } = error as Refusal;
  expect(message).not.toContain('\n');
  return message.replaceAll(folder, 'DIR');
}

describe('parsing', () => {
  test('refuses a folder that is not there, a file, and a folder without documents', async () => {
    lay({ 'a.txt': 'text', 'empty/within/.keep': '' });
    rmSync(at('empty/within/.keep'));
    expect(await refusal(parsing, { files: at('nope') })).toBe("'--files' must be a folder, got DIR/nope, which does not exist");
    expect(await refusal(parsing, { files: at('a.txt') })).toBe("'--files' must be a folder, got DIR/a.txt, which is no folder");
    expect(await refusal(parsing, { files: at('empty') })).toBe("'--files' must be a folder with documents, got DIR/empty, which holds none");
  });
});

describe('chunking', () => {
  const question = { corpus: 'a', question: 'How much is it?', references: [{ start_index: 0, end_index: 11 }] };
  const refused = async (second: string) => {
    lay({ 'texts/a.md': 'One dollar. Nothing else.', 'questions.jsonl': `${lines(question)}${second}\n` });
    return refusal(chunking, { corpora: at('texts'), questions: at('questions.jsonl'), tokens: 20 });
  };

  test.each([
    ['{"corpus": "a",', 'must be a JSON object, got {"corpus": "a",'],
    ['"a"', 'must be a JSON object, got "a"'],
    [JSON.stringify({ ...question, references: undefined }), '\'references\' must be [{"start_index", "end_index"}], places in the text as whole numbers, the first before the other, got nothing'],
    [JSON.stringify({ ...question, references: [{ start_index: 3, end_index: 3 }] }), '\'references\' must be [{"start_index", "end_index"}], places in the text as whole numbers, the first before the other, got [{"start_index":3,"end_index":3}]'],
    [JSON.stringify({ ...question, question: 7 }), "'question' must be a text that is not empty, got 7"],
  ])('refuses the question %s with its file and line', async (line, said) => expect(await refused(line)).toBe(`DIR/questions.jsonl, line 2: ${said}`));

  test('refuses texts and questions that are not there', async () => {
    lay({ 'texts/a.md': 'One dollar.', 'empty/a.txt': '', 'blank/a.md': ' \n' });
    expect(await refusal(chunking, { corpora: at('nope'), questions: 'x' })).toBe("'--corpora' must be a folder, got DIR/nope, which does not exist");
    expect(await refusal(chunking, { corpora: at('empty'), questions: 'x' })).toBe("'--corpora' must be a folder with texts named *.md, found none in DIR/empty");
    expect(await refusal(chunking, { corpora: at('blank'), questions: 'x' })).toBe("'--corpora' must be a folder with texts named *.md, found none in DIR/blank");
    expect(await refusal(chunking, { corpora: at('texts'), questions: at('nope.jsonl') })).toBe("'--questions' must be a file, got DIR/nope.jsonl, which does not exist");
    expect(await refusal(chunking, { corpora: at('texts'), questions: at('texts') })).toBe("'--questions' must be a file, got DIR/texts, which is a folder");
  });
});

describe('fusion', () => {
  test('refuses runs and judgements that are not there, or hold something else', async () => {
    lay({ 'a.json': '{"q":{"d":1}}', 'odd.json': '{"q"', 'null.json': 'null', 'q.tsv': 'q\td\t1\n', 'odd.tsv': 'query-id\tcorpus-id\tscore\nq\td\t1\n\nq\tc\thigh\n' });
    expect(await refusal(fusion, { runFiles: [at('a.json')], qrels: at('nope.tsv') })).toBe("the file of judgements ('--qrels', or '--dataset') must be a file, got DIR/nope.tsv, which does not exist");
    expect(await refusal(fusion, { runFiles: [at('a.json')], qrels: at('odd.tsv') })).toBe('DIR/odd.tsv, line 4: must be a query, a document and a grade, with tabs between them, got q c high');
    expect(await refusal(fusion, { runFiles: [at('a.json'), at('b.json')], qrels: at('q.tsv') })).toBe("a file of '--runs' must be a file, got DIR/b.json, which does not exist");
    expect(await refusal(fusion, { runFiles: [at('odd.json')], qrels: at('q.tsv') })).toMatch(/^a file of '--runs' must hold JSON, got DIR\/odd\.json: .*JSON/);
    expect(await refusal(fusion, { runFiles: [at('null.json')], qrels: at('q.tsv') })).toBe('\'DIR/null.json\' must be {"query": {"document": score}}');
  });
});

describe('retrieval', () => {
  const corpus = lines({ _id: 'd1', title: 'Leave', text: 'Thirty days of leave.' }, { _id: 'd2', text: 'Bicycles stand in the yard.' });
  const queries = lines({ _id: 'q1', text: 'days of leave' }, { _id: 'train', text: 'bicycles' });
  const qrels = 'query-id\tcorpus-id\tscore\nq1\td1\t1\n';

  test.each(['qrels.tsv', 'qrels/test.tsv'])('judgements are read from %s', async (place) => {
    lay({ 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels/train.tsv': 'train\td1\t1\n', [place]: qrels });
    const { figures, notes } = await retrieval.run({ dataset: folder, store: 's3-vectors' });
    expect(figures.filter(({ unit }) => unit === 'nDCG@10').map(({ value }) => value)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(notes).toContainEqual(expect.stringMatching(/^2 documents.* 1 queries$/));
  });

  test('refuses a folder that lacks a file, and says what it must hold', async () => {
    lay({ 'corpus.jsonl': corpus, 'queries.jsonl': queries });
    expect(await refusal(retrieval, { dataset: folder })).toBe("'--dataset' must be a folder that holds corpus.jsonl, queries.jsonl, qrels.tsv or qrels/test.tsv; DIR lacks qrels.tsv or qrels/test.tsv");
    expect(await refusal(retrieval, { dataset: at('nope') })).toBe("'--dataset' must be a folder, got DIR/nope, which does not exist");
  });

  test('refuses lines without an id, queries that nobody judged, and a store that there is not', async () => {
    const given = (files: Readonly<Record<string, string>>, more: Options = {}) => {
      lay({ 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels.tsv': qrels, ...files });
      return refusal(retrieval, { dataset: folder, store: 's3-vectors', ...more });
    };
    expect(await given({ 'corpus.jsonl': `${corpus}${lines({ id: 'd3', text: 'Text' })}` })).toBe("DIR/corpus.jsonl, line 3: '_id' must be a text that is not empty, got nothing");
    expect(await given({ 'queries.jsonl': lines({ _id: 'q1' }) })).toBe("DIR/queries.jsonl, line 1: 'text' must be a text, got nothing");
    expect(await given({ 'queries.jsonl': lines({ _id: 'other', text: 'Text' }) })).toBe("DIR/queries.jsonl must hold queries that are judged: none has an '_id' of those judged, such as q1");
    expect(await given({}, { store: 'redis' })).toBe("'--store' must be one of aurora, s3-vectors, got redis");
    expect(await given({}, { save: at('corpus.jsonl') })).toBe("'--save' must be a folder, got DIR/corpus.jsonl, which is a file");
  });

  test('refuses a server of embeddings that is down, or answers something else, with its address', async () => {
    lay({ 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels.tsv': qrels });
    const answers = ['{"data": []}', '<html>', 'null'];
    const server = createServer((_, response) => response.end(answers.shift()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const asked = () => refusal(retrieval, { dataset: folder, embeddings: url });
    for (const said of [...answers]) expect(await asked()).toBe(`'--embeddings': ${url}/embeddings must answer with {"data": [{"index", "embedding"}]}, one for each text, got ${said}`);
    await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
    expect(await asked()).toMatch(`'--embeddings' must be the address of a server that runs, as http://127.0.0.1:11434/v1: ${url}/embeddings gives no answer, connect ECONNREFUSED`);
    expect(await refusal(retrieval, { dataset: folder, embeddings: 'nonsense' })).toMatch(/nonsense\/embeddings gives no answer, .*URL/);
  });
});
