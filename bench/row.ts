/** One row of the benchmark: a file in this folder that measures one thing. */
export interface Row {
  readonly name: string;
  /** One line: what is held against what. */
  readonly title: string;
  /** The option a row cannot do without; left out of `npm run bench` when it is not given. */
  readonly needs?: keyof Options & ('schemas' | 'strings' | 'files' | 'corpora');
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
  readonly unit: 'KB' | 'MB' | 'ms' | 's' | '%' | 'p' | '×' | '';
  /** The figure should be this much at most. */
  readonly goal?: number;
  /** A time says something about the machine too, so it never fails a build; a size or a check says the same everywhere. */
  readonly kind: 'size' | 'time' | 'check';
}

export const isMet = ({ value, goal }: Figure): boolean => goal === undefined || value <= goal;
