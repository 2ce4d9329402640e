/** One row of the benchmark: a file in this folder that measures one thing. */
export interface Row {
  readonly name: string;
  /** One line: what is held against what. */
  readonly title: string;
  /** Options a row cannot do without; left out of `npm run bench` when one is not given. */
  readonly needs?: readonly Exclude<keyof Options, 'runs' | 'json' | 'tokens'>[];
  run(options: Options): Promise<Result>;
}

export interface Options {
  /** Runs of each side, interleaved. */
  readonly runs?: number;
  /** A folder that holds the JSON schemas of the chat API as `chat-schemas.json`. */
  readonly schemas?: string;
  /** A file with a JSON array of strings. */
  readonly strings?: string;
  /** A folder of documents. */
  readonly files?: string;
  /** Whether the report alone is printed. */
  readonly json?: boolean;
  /** A folder of texts, each `NAME.md`. */
  readonly corpora?: string;
  /** Questions to these texts, a line of JSON each: `{ corpus, question, references: [{ start_index, end_index }] }`. */
  readonly questions?: string;
  /** What chunks have on average. */
  readonly tokens?: number;
  /** Results of searches to fuse: files with `{"query": {"document": score}}`. Given as `--runs A.json B.json`. */
  readonly runFiles?: readonly string[];
  /** A file of judgements: query, document, grade. */
  readonly qrels?: string;
  /** A folder as BEIR lays it out: corpus.jsonl, queries.jsonl, and qrels.tsv or qrels/test.tsv. */
  readonly dataset?: string;
  /** The store of chunks that is measured: `aurora` or `s3-vectors`. */
  readonly store?: string;
  /** Where a server embeds texts, as OpenAI's clients ask: `http://127.0.0.1:11434/v1`. */
  readonly embeddings?: string;
  /** What the server calls the model that embeds. */
  readonly embeddingModel?: string;
  /** A folder that what searches found is written to, for `fusion`. */
  readonly save?: string;
}

export interface Result {
  readonly figures: Figure[];
  readonly notes?: string[];
  /** One by one, for the report in JSON. */
  readonly files?: readonly object[];
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'KB' | 'MB' | 'ms' | 's' | '%' | 'p' | '×' | 'nDCG@10' | 'recall@100' | '';
  /** The figure should be this much at most. */
  readonly goal?: number;
  /** A time says something about the machine too, so it never fails a build; a size or a check says the same everywhere. */
  readonly kind: 'size' | 'time' | 'check';
}

export const isMet = ({ value, goal }: Figure): boolean => goal === undefined || value <= goal;
