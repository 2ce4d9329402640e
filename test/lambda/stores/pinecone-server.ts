import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Fields = Record<string, unknown>;

interface Entry {
  readonly id: string;
  readonly values: readonly number[];
  readonly metadata: Fields;
}

export interface PineconeServer {
  readonly url: string;
  /** Records of a namespace, undefined where it is not there. */
  records(namespace: string): Entry[] | undefined;
  namespaces(): string[];
  readonly asked: { readonly path: string; readonly headers: Fields; readonly body: string }[];
  /** What the next requests are answered with instead. */
  readonly failures: number[];
  stop(): Promise<void>;
}

/** An index of the data plane, metric cosine, that refuses what the service refuses: its limits, its types of metadata, other keys. */
export async function startPinecone(dimension: number, apiKey: string, shownAtOnce = 100): Promise<PineconeServer> {
  const spaces = new Map<string, Map<string, Entry>>();
  const [asked, failures]: [PineconeServer['asked'], number[]] = [[], []];

  const operations: Record<string, (body: Fields, size: number) => object> = {
    'POST /vectors/upsert': (body, size) => {
      only(body, ['namespace', 'vectors']);
      const vectors = body.vectors as Entry[];
      if (size > 2_000_000) throw new Refusal(`request size ${size} exceeds 2 MB`);
      if (vectors.length < 1 || vectors.length > 1_000) throw new Refusal(`${vectors.length} records in a request`);
      vectors.forEach((entry) => valid(entry, dimension));
      const space = spaces.get(String(body.namespace)) ?? new Map<string, Entry>();
      for (const entry of vectors) space.set(entry.id, entry);
      spaces.set(String(body.namespace), space);
      return { upsertedCount: vectors.length };
    },
    'POST /vectors/delete': (body) => {
      only(body, ['namespace', 'ids']);
      const ids = body.ids as string[];
      if (ids.length < 1 || ids.length > 1_000) throw new Refusal(`${ids.length} ids in a request`);
      const space = spaces.get(String(body.namespace));
      if (!space) throw new Refusal('Namespace not found', 404, 5);
      for (const id of ids) space.delete(id);
      if (space.size === 0) spaces.delete(String(body.namespace));
      return {};
    },
    'POST /query': (body) => {
      only(body, ['namespace', 'vector', 'topK', 'includeMetadata', 'filter']);
      const [vector, most] = [body.vector as number[], Number(body.topK)];
      if (vector.length !== dimension) throw new Refusal(`Vector dimension ${vector.length} does not match the dimension of the index ${dimension}`);
      if (!Number.isInteger(most) || most < 1 || most > 10_000) throw new Refusal('topK must be from 1 to 10,000');
      const { namespace, filter = {} } = body as { readonly namespace: string; readonly filter?: Fields };
      const found = [...spaces.get(namespace)?.values() ?? []].filter(({ metadata }) => passes(filter, metadata));
      const scored = found.map(({ id, values, metadata }) => ({ id, score: cosine(vector, values), values: [], metadata }));
      const matches = scored.sort((one, other) => other.score - one.score).slice(0, most);
      if (Buffer.byteLength(JSON.stringify(matches)) > 4 * 1_024 * 1_024) throw new Refusal('result size exceeds 4 MB');
      return { matches, namespace, usage: { readUnits: 1 } };
    },
    'GET /vectors/fetch': (body) => {
      only(body, ['namespace', 'ids']);
      const space = spaces.get(String(body.namespace));
      const found = (body.ids as string[]).flatMap((id) => space?.get(id) ?? []);
      return { vectors: Object.fromEntries(found.map((entry) => [entry.id, entry])), namespace: body.namespace, usage: { readUnits: 1 } };
    },
  };

  const others: Record<string, (path: string, query: URLSearchParams) => object> = {
    'POST describe_index_stats': () => {
      const namespaces = Object.fromEntries([...spaces].map(([name, { size }]) => [name, { vectorCount: size }]));
      return { dimension, metric: 'cosine', namespaces };
    },
    'GET namespaces': (_, query) => {
      const [all, from] = [[...spaces.keys()].sort(), Number(query.get('paginationToken') ?? 0)];
      const to = from + Math.min(Number(query.get('limit') ?? 100), shownAtOnce);
      const shown = all.slice(from, to).map((name) => ({ name, record_count: spaces.get(name)!.size }));
      return { namespaces: shown, ...to < all.length && { pagination: { next: String(to) } } };
    },
    'DELETE namespaces': (path) => {
      if (!spaces.delete(decodeURIComponent(path.split('/')[2]))) throw new Refusal('Namespace not found', 404, 5);
      return {};
    },
  };

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => { body += part; }).on('end', () => {
      const { pathname, searchParams } = new URL(request.url!, 'http://pinecone');
      asked.push({ path: request.url!, headers: request.headers, body });
      const answer = (status: number, content: object) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
      const failure = failures.shift();
      if (failure !== undefined) return answer(failure, { code: 13, message: 'failure', details: [] });
      if (request.headers['api-key'] !== apiKey) return response.writeHead(401).end('Invalid API Key');
      if (!/^20\d\d-\d\d$/.test(String(request.headers['x-pinecone-api-version']))) return answer(400, { code: 3, message: 'a version is required', details: [] });
      try {
        const other = others[`${request.method} ${pathname.split('/')[1]}`];
        if (other) return answer(200, other(pathname, searchParams));
        const operation = operations[`${request.method} ${pathname}`];
        if (!operation) throw new Refusal('Not Found', 404, 5);
        const content = request.method === 'GET' ? { namespace: searchParams.get('namespace'), ids: searchParams.getAll('ids') } : JSON.parse(body) as Fields;
        return answer(200, operation(content, Buffer.byteLength(body)));
      } catch (error) {
        const { status = 400, code = 3, message } = error as Refusal;
        return answer(status, { code, message, details: [] });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records: (namespace) => spaces.has(namespace) ? [...spaces.get(namespace)!.values()] : undefined,
    namespaces: () => [...spaces.keys()],
    asked,
    failures,
    stop: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

class Refusal extends Error {
  constructor(message: string, readonly status = 400, readonly code = 3) {
    super(message);
  }
}

function valid({ id, values, metadata, ...rest }: Entry, dimension: number): void {
  only(rest, []);
  if (!/^[\x01-\x7f]{1,512}$/.test(id)) throw new Refusal(`Vector ID must be ASCII of 512 characters at most, but got '${id}'`);
  if (values.length !== dimension) throw new Refusal(`Vector dimension ${values.length} does not match the dimension of the index ${dimension}`);
  if (values.every((value) => value === 0)) throw new Refusal('Dense vectors must contain at least one non-zero value');
  const size = Buffer.byteLength(JSON.stringify(metadata));
  if (size > 40_960) throw new Refusal(`Metadata size is ${size} bytes, which exceeds the limit of 40960 bytes per vector`);
  for (const [name, value] of Object.entries(metadata)) {
    const texts = Array.isArray(value) && value.every((one) => typeof one === 'string');
    if (name.startsWith('$') || !(texts || ['string', 'number', 'boolean'].includes(typeof value))) throw new Refusal(`Metadata value must be a string, number, boolean or list of strings, got '${JSON.stringify(value)}' for field '${name}'`);
  }
}

/** What is not there passes no condition of its field. */
function passes(filter: Fields, metadata: Fields): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    if (name === '$and' || name === '$or') {
      const each = condition as Fields[];
      if (!Array.isArray(each) || each.length === 0) throw new Refusal(`${name} must be a list that is not empty`);
      return name === '$and' ? each.every((one) => passes(one, metadata)) : each.some((one) => passes(one, metadata));
    }
    if (name.startsWith('$')) throw new Refusal(`invalid operator ${name}`);
    const there = Object.hasOwn(metadata, name);
    return Object.entries(condition as Fields).every(([operator, wanted]) => {
      const test = TESTS[operator];
      if (!test) throw new Refusal(`invalid operator ${operator}`);
      if (/^\$[gl]te?$/.test(operator) && typeof wanted !== 'number') throw new Refusal(`the ${operator} operator must be followed by a number`);
      if (operator.endsWith('in') && (!Array.isArray(wanted) || wanted.length === 0)) throw new Refusal(`the ${operator} operator must be followed by a list that is not empty`);
      return there && test([metadata[name]].flat(), wanted);
    });
  });
}

const TESTS: Record<string, (values: unknown[], wanted: unknown) => boolean> = {
  $eq: (values, wanted) => values.includes(wanted),
  $ne: (values, wanted) => !values.includes(wanted),
  $in: (values, wanted) => values.some((value) => (wanted as unknown[]).includes(value)),
  $nin: (values, wanted) => !values.some((value) => (wanted as unknown[]).includes(value)),
  $gt: ([value], wanted) => typeof value === 'number' && value > Number(wanted),
  $gte: ([value], wanted) => typeof value === 'number' && value >= Number(wanted),
  $lt: ([value], wanted) => typeof value === 'number' && value < Number(wanted),
  $lte: ([value], wanted) => typeof value === 'number' && value <= Number(wanted),
};

function cosine(one: readonly number[], other: readonly number[]): number {
  const length = (vector: readonly number[]) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return one.reduce((sum, value, at) => sum + value * other[at], 0) / (length(one) * length(other));
}

function only(object: object, known: readonly string[]): void {
  const odd = Object.keys(object).find((key) => !known.includes(key));
  if (odd !== undefined) throw new Refusal(`unknown key '${odd}'`);
}
