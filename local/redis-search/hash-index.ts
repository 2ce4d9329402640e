import { type Nearest, parseQuery } from './query';

export type Hash = ReadonlyMap<string, Buffer>;

interface Field {
  readonly type: 'TAG' | 'NUMERIC' | 'TEXT' | 'VECTOR';
  readonly separator: string;
  readonly dimension: number;
}

export interface Found {
  readonly key: string;
  readonly score: number;
  /** What the query gives a name to: the distance of a vector. */
  readonly told: ReadonlyMap<string, string>;
}

/** As BM25STD counts. */
const K1 = 1.2;
const B = 0.75;
const VECTOR = ['TYPE', 'DIM', 'DISTANCE_METRIC', 'M', 'EF_CONSTRUCTION', 'EF_RUNTIME'];

/** An index over hashes whose keys begin alike. */
export class HashIndex {
  private readonly fields = new Map<string, Field>();
  private readonly prefix: string;

  constructor(definition: readonly string[], private readonly hashes: ReadonlyMap<string, Hash>, words: boolean) {
    const args = [...definition];
    const take = (...known: string[]) => {
      const arg = args.shift();
      if (arg === undefined || (known.length > 0 && !known.includes(arg.toUpperCase()))) throw new Error(`Unknown argument ${arg}, expected ${known.join(' or ')}`);
      return arg;
    };
    take('ON');
    take('HASH');
    take('PREFIX');
    take('1');
    this.prefix = take();
    if (args[0] === 'STOPWORDS') {
      if (!words) throw new Error('Unknown argument STOPWORDS');
      args.splice(0, 2);
    }
    take('SCHEMA');
    while (args.length > 0) {
      const name = args.shift()!;
      const type = take('TAG', 'NUMERIC', ...words ? ['TEXT'] : [], 'VECTOR') as Field['type'];
      let [separator, dimension] = [',', 0];
      if (type === 'TAG' && args[0] === 'SEPARATOR') [, separator] = args.splice(0, 2);
      if (type === 'TEXT' && args[0] === 'NOSTEM') args.shift();
      if (type === 'VECTOR') {
        take('HNSW', 'FLAT');
        const settings = args.splice(0, Number(args.shift()));
        const odd = settings.find((setting, at) => at % 2 === 0 && !VECTOR.includes(setting));
        if (odd !== undefined) throw new Error(`Bad arguments for vector similarity: ${odd}`);
        const of = (setting: string) => settings[settings.indexOf(setting) + 1];
        if (of('TYPE') !== 'FLOAT32' || of('DISTANCE_METRIC') !== 'COSINE') throw new Error('the local server has vectors of FLOAT32, compared by COSINE, only');
        dimension = Number(of('DIM'));
      }
      if (this.fields.has(name)) throw new Error(`Duplicate field in schema - ${name}`);
      this.fields.set(name, { type, separator, dimension });
    }
    if (this.fields.size > 50 && !words) throw new Error('an index has at most 50 fields');
  }

  field(name: string): Field {
    const field = this.fields.get(name);
    if (!field) throw new Error(`Unknown field at offset near ${name}`);
    return field;
  }

  search(text: string, params: ReadonlyMap<string, Buffer>): Found[] {
    const { test, nearest } = parseQuery(text, this, params);
    const fitting = [...this.all()].flatMap(([key, hash]) => {
      const score = test(hash);
      return score === undefined ? [] : [{ key, hash, score, told: new Map<string, string>() }];
    });
    return nearest ? this.nearest(fitting, nearest) : fitting.sort((one, other) => other.score - one.score);
  }

  bm25(field: string, asked: readonly string[], hash: Hash): number | undefined {
    const wordsOf = (one: Hash) => String(one.get(field) ?? '').split(' ').filter(Boolean);
    const [all, own] = [[...this.all()].map(([, one]) => wordsOf(one)), wordsOf(hash)];
    const average = all.reduce((sum, { length }) => sum + length, 0) / all.length;
    const scores = [...new Set(asked)].filter((word) => own.includes(word)).map((word) => {
      const [containing, count] = [all.filter((one) => one.includes(word)).length, own.filter((one) => one === word).length];
      return Math.log(1 + (all.length - containing + 0.5) / (containing + 0.5)) * (count * (K1 + 1)) / (count + K1 * (1 - B + B * own.length / average));
    });
    return scores.length === 0 ? undefined : scores.reduce((sum, score) => sum + score, 0);
  }

  private nearest(fitting: readonly (Found & { readonly hash: Hash })[], { field, most, vector, alias }: Nearest): Found[] {
    const { dimension } = this.field(field);
    if (vector.length !== dimension * 4) throw new Error(`Error parsing vector similarity query: query vector blob size (${vector.length}) does not match index's expected size (${dimension * 4}).`);
    const told = fitting.flatMap(({ key, hash }) => {
      const own = hash.get(field);
      if (own?.length !== vector.length) return [];
      const distance = 1 - cosine(numbersIn(vector), numbersIn(own));
      return [{ key, score: 0, distance, told: new Map([[alias, String(distance)]]) }];
    });
    return told.sort((one, other) => one.distance - other.distance).slice(0, most);
  }

  private* all(): Iterable<[string, Hash]> {
    for (const [key, hash] of this.hashes) if (key.startsWith(this.prefix)) yield [key, hash];
  }
}

function numbersIn(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}

function cosine(one: readonly number[], other: readonly number[]): number {
  const length = (vector: readonly number[]) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return one.reduce((sum, value, at) => sum + value * other[at], 0) / (length(one) * length(other));
}
