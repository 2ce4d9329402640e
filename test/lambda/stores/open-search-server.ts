import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rarity, weight } from '../../../lambda/adapters/bm25';

type Fields = Record<string, unknown>;

interface Document {
  readonly _id: string;
  readonly source: Fields;
}

export interface OpenSearchServer {
  readonly url: string;
  /** Makes an index by its schema. */
  create(name: string, schema: object): void;
  /** Documents of an index, and what was asked of all. */
  documents(name: string): Document[];
  readonly asked: { readonly path: string; readonly headers: Fields; readonly body: string }[];
  /** What the next requests are answered with instead. */
  readonly failures: number[];
  stop(): Promise<void>;
}

/** `_bulk` and `_search` of a collection for vectors, as far as chunks need them, with bodies held to the shapes of the public API. */
export async function startOpenSearch(): Promise<OpenSearchServer> {
  const indexes = new Map<string, { readonly documents: Map<string, Document>; readonly properties: Fields }>();
  const [asked, failures]: [OpenSearchServer['asked'], number[]] = [[], []];
  let made = 0;

  const bulk = (index: string, body: string) => {
    const { documents } = indexes.get(index)!;
    const lines = body.trimEnd().split('\n').map((line) => JSON.parse(line) as Fields);
    const items: object[] = [];
    while (lines.length > 0) {
      const [[action, target]] = Object.entries(lines.shift()!) as [string, Fields][];
      if (action === 'index') {
        only(target, []);
        const _id = `generated-${++made}`;
        documents.set(_id, { _id, source: lines.shift()! });
        items.push({ index: { _index: index, _id, status: 201 } });
      } else {
        only(target, ['_id']);
        items.push({ [action]: { _index: index, _id: target._id, status: documents.delete(String(target._id)) ? 200 : 404 } });
      }
    }
    return { took: 1, errors: false, items };
  };

  const search = (index: string, body: Fields) => {
    only(body, ['query', 'size', '_source']);
    const { documents } = indexes.get(index)!;
    const all = [...documents.values()];
    const scored = all.flatMap((document) => {
      const score = scoreOf(body.query as Fields, document, all);
      return score === undefined ? [] : [{ _index: index, _id: document._id, _score: score, _source: pick(document.source, body._source as string[]) }];
    });
    const knn = ((body.query as Fields).knn as Fields | undefined)?.embedding as Fields | undefined;
    const hits = scored.sort((one, other) => other._score - one._score).slice(0, Math.min(Number(body.size), Number(knn?.k ?? Infinity)));
    return { took: 1, timed_out: false, hits: { total: { value: scored.length, relation: 'eq' }, hits } };
  };

  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; }).on('end', () => {
      asked.push({ path: request.url!, headers: request.headers, body });
      const [, index, operation] = request.url!.split('/');
      const answer = (status: number, content: object) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
      const failure = failures.shift();
      if (failure !== undefined) return answer(failure, { error: { type: 'failure' }, status: failure });
      if (!indexes.has(index)) return answer(404, { error: { type: 'index_not_found_exception' }, status: 404 });
      try {
        return answer(200, operation === '_bulk' ? bulk(index, body) : search(index, JSON.parse(body) as Fields));
      } catch (error) {
        return answer(400, { error: { type: 'parsing_exception', reason: (error as Error).message }, status: 400 });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    create: (name, schema) => indexes.set(name, { documents: new Map(), properties: (schema as { mappings: { properties: Fields } }).mappings.properties }),
    documents: (name) => [...indexes.get(name)!.documents.values()],
    asked,
    failures,
    stop: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

/** How well a document fits, undefined where it does not. */
function scoreOf(query: Fields, document: Document, all: readonly Document[]): number | undefined {
  const entries = Object.entries(query) as [string, Fields][];
  if (entries.length !== 1) throw new Error('a query must have one clause');
  const [[kind, clause]] = entries;
  const passes = (one: Fields) => scoreOf(one, document, all) !== undefined;
  const when = (holds: boolean) => (holds ? 1 : undefined);
  if (kind === 'match_none') return undefined;
  if (kind === 'bool') {
    only(clause, ['must', 'filter', 'should', 'must_not', 'minimum_should_match']);
    const { must = [], filter = [], should = [], must_not: not = [] } = clause as Record<string, Fields[] | undefined>;
    const scores = must.map((one) => scoreOf(one, document, all));
    const holds = !scores.includes(undefined) && filter.every(passes) && !not.some(passes) && (should.length === 0 || should.some(passes));
    return holds ? scores.reduce<number>((sum, score) => sum + score!, 0) : undefined;
  }
  const [[field, condition]] = Object.entries(clause) as [string, Fields][];
  const within = (inside: unknown, name: string) => (inside !== null && typeof inside === 'object' && Object.hasOwn(inside, name) ? (inside as Fields)[name] : undefined);
  const value = field.split('.').reduce<unknown>(within, document.source);
  const values = [value].flat();
  switch (kind) {
    case 'knn': {
      only(condition, ['vector', 'k', 'filter']);
      if (condition.filter && !passes(condition.filter as Fields)) return undefined;
      return 1 / (1 + (condition.vector as number[]).reduce((sum, number, at) => sum + (number - (value as number[])[at]) ** 2, 0));
    }
    case 'match':
      only(condition, ['query', 'operator']);
      return bm25(String(condition.query).split(/\s+/), field, document, all);
    case 'term':
      only(condition, ['value']);
      return when(values.includes(condition.value));
    case 'terms':
      return when((clause[field] as unknown[]).some((one) => values.includes(one)));
    case 'prefix':
      return when(values.some((one) => String(one).startsWith(String(condition.value))));
    case 'wildcard': {
      const pattern = String(condition.value).replace(/\\?[\s\S]/g, (part) => (part === '*' ? '[^]*' : part === '?' ? '[^]' : part.at(-1)!.replace(/[.+^${}()|[\]\\*?]/g, '\\$&')));
      return when(values.some((one) => one !== undefined && new RegExp(`^${pattern}$`).test(String(one))));
    }
    case 'range': {
      const [[how, limit]] = Object.entries(condition) as [string, number][];
      if (typeof value !== 'number' || !['gt', 'gte', 'lt', 'lte'].includes(how)) return undefined;
      return when((how.startsWith('g') ? value > limit : value < limit) || (how.endsWith('e') && value === limit));
    }
    default:
      throw new Error(`unknown query [${kind}]`);
  }
}

function bm25(asked: readonly string[], field: string, document: Document, all: readonly Document[]): number | undefined {
  const wordsOf = ({ source }: Document) => String(source[field]).split(' ').filter(Boolean);
  const words = wordsOf(document);
  const statistics = { texts: all.length, average: all.reduce((sum, one) => sum + wordsOf(one).length, 0) / all.length };
  const scores = asked.filter((word) => words.includes(word)).map((word) => {
    const [containing, count] = [all.filter((one) => wordsOf(one).includes(word)).length, words.filter((one) => one === word).length];
    return rarity(containing, statistics) * weight(count, words.length, statistics);
  });
  return scores.length === 0 ? undefined : scores.reduce((sum, score) => sum + score, 0);
}

function pick(source: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, source[name]]));
}

function only(object: Fields, known: readonly string[]): void {
  const odd = Object.keys(object).find((key) => !known.includes(key));
  if (odd !== undefined) throw new Error(`unknown key [${odd}]`);
}
