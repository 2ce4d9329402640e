import { type HashIndex, type Hash } from './hash-index';

/** How well a hash fits, undefined where it does not. */
export type Test = (hash: Hash) => number | undefined;

export interface Nearest {
  readonly field: string;
  readonly most: number;
  readonly vector: Buffer;
  readonly alias: string;
}

export interface Query {
  readonly test: Test;
  readonly nearest?: Nearest;
}

type Tokens = string[];

/** A query expression of dialect 2 over the fields of an index; throws at what it does not know, as servers do. */
export function parseQuery(text: string, index: HashIndex, params: ReadonlyMap<string, Buffer>): Query {
  const [expression, ...clauses] = text.split(/=>(?=\s*\[)/);
  const tokens = tokensOf(expression);
  // An arrow binds what stands right before it, and a sign what stands behind it.
  if (clauses.length > 0 && tokens[0] === '-') throw new Error(`Syntax error near ${clauses[0]}: what is negated stands in brackets before it`);
  const test = union(tokens, index);
  if (tokens.length > 0) throw new Error(`Syntax error at offset near ${tokens[0]}`);
  if (clauses.length === 0) return { test };
  const found = /^\s*\[\s*KNN\s+(\$?\w+)\s+@(\w+)\s+\$(\w+)(?:\s+AS\s+(\w+))?\s*\]\s*$/.exec(clauses[0]);
  if (!found || clauses.length > 1) throw new Error(`Syntax error near ${clauses.join('=>')}`);
  const [, most, field, vector, alias = `__${field}_score`] = found;
  const bytes = params.get(vector);
  if (!bytes) throw new Error(`No such parameter \`${vector}\``);
  if (index.field(field).type !== 'VECTOR') throw new Error(`Could not find vector field ${field}`);
  return { test, nearest: { field, most: Number(most.startsWith('$') ? params.get(most.slice(1)) : most), vector: bytes, alias } };
}

/** Signs, names with their at, and words, in which a sign stands behind a backslash. */
function tokensOf(text: string): Tokens {
  const tokens = text.match(/=>\s*\{[^}]*\}|@\w+:|\(?[+-]?(?:inf|\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?=[\s\]])|[-(){}[\]|*]|(?:\\.|[^\s\\(){}[\]|@*=>-])+|\S/gu) ?? [];
  return [...tokens];
}

function union(tokens: Tokens, index: HashIndex): Test {
  const parts = [intersection(tokens, index)];
  while (tokens[0] === '|') {
    tokens.shift();
    parts.push(intersection(tokens, index));
  }
  return parts.length === 1 ? parts[0] : (hash) => {
    const scores = parts.map((test) => test(hash)).filter((score) => score !== undefined);
    return scores.length === 0 ? undefined : scores.reduce((sum, score) => sum + score, 0);
  };
}

function intersection(tokens: Tokens, index: HashIndex): Test {
  const parts: Test[] = [];
  while (tokens.length > 0 && tokens[0] !== '|' && tokens[0] !== ')') parts.push(part(tokens, index));
  if (parts.length === 0) throw new Error('Syntax error: an expression is empty');
  return (hash) => parts.reduce<number | undefined>((sum, test) => {
    const score = sum === undefined ? undefined : test(hash);
    return score === undefined ? undefined : sum! + score;
  }, 0);
}

function part(tokens: Tokens, index: HashIndex): Test {
  const token = tokens.shift()!;
  if (token === '-') {
    const test = part(tokens, index);
    return (hash) => (test(hash) === undefined ? 0 : undefined);
  }
  const test = token === '*' ? () => 0 : token === '(' ? group(tokens, index) : ofField(token, tokens, index);
  const attributes = /^=>\s*\{\s*\$weight:\s*([\d.]+)\s*;?\s*\}$/.exec(tokens[0] ?? '');
  if (!attributes) return test;
  tokens.shift();
  return (hash) => {
    const score = test(hash);
    return score === undefined ? undefined : score * Number(attributes[1]);
  };
}

function group(tokens: Tokens, index: HashIndex): Test {
  const test = union(tokens, index);
  expect(tokens, ')');
  return test;
}

function ofField(token: string, tokens: Tokens, index: HashIndex): Test {
  const name = /^@(\w+):$/.exec(token)?.[1];
  if (name === undefined) throw new Error(`Syntax error near ${token}`);
  const { type, separator } = index.field(name);
  const open = tokens.shift();
  if (open === '{' && type === 'TAG') {
    const tags = upTo(tokens, '}').filter((one) => one !== '|').map(plain);
    return (hash) => (String(hash.get(name) ?? '').split(separator).some((tag) => tag !== '' && tags.includes(tag.trim().toLowerCase())) ? 1 : undefined);
  }
  if (open === '[' && type === 'NUMERIC') {
    const [low, high, ...more] = upTo(tokens, ']').join(' ').replace(/\( /g, '(').split(' ');
    if (high === undefined || more.length > 0) throw new Error('Expecting numeric or geo filter');
    return (hash) => {
      const value = hash.has(name) ? Number(hash.get(name)) : NaN;
      return above(value, low) && above(-value, negated(high)) ? 1 : undefined;
    };
  }
  if (open === '(' && type === 'TEXT') {
    const words = upTo(tokens, ')').filter((one) => one !== '|').map(plain);
    return (hash) => index.bm25(name, words, hash);
  }
  throw new Error(`Syntax error: @${name} is a ${type}, and is not asked with ${open}`);
}

function upTo(tokens: Tokens, end: string): string[] {
  const at = tokens.indexOf(end);
  if (at < 1) throw new Error(`Syntax error: ${end} is missing, or nothing stands before it`);
  const within = tokens.splice(0, at);
  tokens.shift();
  return within;
}

function expect(tokens: Tokens, token: string): void {
  if (tokens.shift() !== token) throw new Error(`Syntax error: ${token} is missing`);
}

function plain(word: string): string {
  return word.replace(/\\(.)/gu, '$1').toLowerCase();
}

function above(value: number, limit: string): boolean {
  const number = Number(limit.replace(/^\(/, '').replace('inf', 'Infinity'));
  return limit.startsWith('(') ? value > number : value >= number;
}

function negated(limit: string): string {
  const [, open, sign, number] = /^(\(?)([+-]?)(.+)$/.exec(limit)!;
  return `${open}${sign === '-' ? '' : '-'}${number}`;
}
