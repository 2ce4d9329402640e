export type Fields = Readonly<Record<string, unknown>>;

export interface SearchDocument {
  readonly _id: string;
  readonly source: Fields;
}

/** As OpenSearch ranks texts. */
const K1 = 1.2;
const B = 0.75;

/** How well a document fits a query, undefined where it does not; throws at what this OpenSearch does not know. */
export function scoreOf(query: Fields, document: SearchDocument, all: readonly SearchDocument[]): number | undefined {
  const entries = Object.entries(query) as [string, Fields][];
  if (entries.length !== 1) throw new Error('a query must have one clause');
  const [[kind, clause]] = entries;
  if (kind === 'match_none') return undefined;
  if (kind === 'match_all') return 1;
  if (kind === 'bool') return boolScore(clause, document, all);
  const leaf = LEAVES[kind];
  if (!leaf) throw new Error(`unknown query [${kind}]`);
  const [[field, condition]] = Object.entries(clause) as [string, Fields][];
  return leaf({ field, condition, document, all, values: [valueAt(document.source, field)].flat().filter((value) => value !== undefined && value !== null) });
}

/** Refuses keys that the specification does not name there. */
export function only(object: Fields, known: readonly string[]): void {
  const odd = Object.keys(object).find((key) => !known.includes(key));
  if (odd !== undefined) throw new Error(`unknown key [${odd}]`);
}

interface Leaf {
  readonly field: string;
  readonly condition: Fields;
  readonly document: SearchDocument;
  readonly all: readonly SearchDocument[];
  readonly values: readonly unknown[];
}

const LEAVES: Readonly<Record<string, (leaf: Leaf) => number | undefined>> = {
  knn: ({ condition, document, all, values }) => {
    only(condition, ['vector', 'k', 'filter']);
    if (!Number.isInteger(condition.k) || Number(condition.k) < 1 || Number(condition.k) > 10_000) throw new Error(`[k] must be from 1 to 10000, got ${String(condition.k)}`);
    if (condition.filter && scoreOf(condition.filter as Fields, document, all) === undefined) return undefined;
    const vector = condition.vector as readonly number[];
    if (vector.length !== values.length) throw new Error(`Query vector has invalid dimension: ${vector.length}. Dimension should be: ${values.length}`);
    return 1 / (1 + vector.reduce((sum, number, at) => sum + (number - Number(values[at])) ** 2, 0));
  },
  match: ({ field, condition, document, all }) => {
    only(condition, ['query', 'operator']);
    return bm25(String(condition.query).split(/\s+/).filter(Boolean), field, document, all);
  },
  term: ({ condition, values }) => {
    only(condition, ['value']);
    return when(values.includes(condition.value));
  },
  terms: ({ condition, values }) => {
    if (!Array.isArray(condition)) throw new Error('[terms] query does not support what is no list');
    return when(condition.some((one) => values.includes(one)));
  },
  prefix: ({ condition, values }) => {
    only(condition, ['value']);
    return when(values.some((one) => String(one).startsWith(String(condition.value))));
  },
  wildcard: ({ condition, values }) => {
    only(condition, ['value']);
    const pattern = String(condition.value).replace(/\\?[\s\S]/g, (part) => (part === '*' ? '[^]*' : part === '?' ? '[^]' : part.at(-1)!.replace(/[.+^${}()|[\]\\*?]/g, '\\$&')));
    return when(values.some((one) => new RegExp(`^${pattern}$`).test(String(one))));
  },
  range: ({ condition, values: [value] }) => {
    only(condition, ['gt', 'gte', 'lt', 'lte']);
    const order = (limit: number) => Math.sign(Number(value) - limit);
    const wanted: Readonly<Record<string, readonly number[]>> = { gt: [1], gte: [0, 1], lt: [-1], lte: [-1, 0] };
    return when(typeof value === 'number' && Object.entries(condition).every(([how, limit]) => wanted[how].includes(order(Number(limit)))));
  },
};

function boolScore(clause: Fields, document: SearchDocument, all: readonly SearchDocument[]): number | undefined {
  only(clause, ['must', 'filter', 'should', 'must_not', 'minimum_should_match']);
  const { must = [], filter = [], should = [], must_not: not = [] } = clause as Readonly<Record<string, readonly Fields[] | undefined>>;
  const passes = (one: Fields) => scoreOf(one, document, all) !== undefined;
  const scores = must.map((one) => scoreOf(one, document, all));
  const holds = !scores.includes(undefined) && filter.every(passes) && !not.some(passes) && (should.length === 0 || should.some(passes));
  return when(holds) && scores.reduce<number>((sum, score) => sum + score!, 0);
}

function valueAt(source: Fields, path: string): unknown {
  const within = (inside: unknown, name: string) => (inside !== null && typeof inside === 'object' && Object.hasOwn(inside, name) ? (inside as Fields)[name] : undefined);
  return path.split('.').reduce<unknown>(within, source);
}

function when(holds: boolean): 1 | undefined {
  return holds ? 1 : undefined;
}

function bm25(asked: readonly string[], field: string, document: SearchDocument, all: readonly SearchDocument[]): number | undefined {
  const wordsOf = ({ source }: SearchDocument) => String(source[field]).split(' ').filter(Boolean);
  const words = wordsOf(document);
  const average = all.reduce((sum, one) => sum + wordsOf(one).length, 0) / all.length;
  const scores = asked.filter((word) => words.includes(word)).map((word) => {
    const [containing, count] = [all.filter((one) => wordsOf(one).includes(word)).length, words.filter((one) => one === word).length];
    return Math.log(1 + (all.length - containing + 0.5) / (containing + 0.5)) * count / (count + K1 * (1 - B + B * words.length / average));
  });
  return scores.length === 0 ? undefined : scores.reduce((sum, score) => sum + score, 0);
}
