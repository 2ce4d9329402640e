import { type Fields, only, scoreOf, type SearchDocument } from './query';

/** Types of fields, and the settings of each that are known here. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  keyword: ['index', 'doc_values'],
  long: [],
  double: [],
  boolean: [],
  text: ['analyzer'],
  knn_vector: ['dimension', 'method'],
};
const MOST_FOUND = 10_000;

interface Change {
  readonly at: number;
  readonly apply: (shown: Map<string, SearchDocument>) => void;
}

/** An index of a collection for vectors: it names documents itself, and a search sees what has changed a while later. */
export class SearchIndex {
  private readonly documents = new Map<string, SearchDocument>();
  private readonly shown = new Map<string, SearchDocument>();
  private readonly unseen: Change[] = [];
  private readonly dimensions: Readonly<Record<string, number>>;
  private made = 0;

  constructor(readonly name: string, readonly schema: Fields, private readonly lag: () => number) {
    this.dimensions = requireSchema(schema);
  }

  get all(): SearchDocument[] {
    return [...this.documents.values()];
  }

  /** Lines of JSON, as `_bulk` takes them. */
  bulk(body: string): object {
    if (!body.endsWith('\n')) throw new Error('The bulk request must be terminated by a newline [\\n]');
    const lines = body.trimEnd().split('\n').map((line) => JSON.parse(line) as Fields);
    const items: object[] = [];
    while (lines.length > 0) {
      const [[action, target]] = Object.entries(lines.shift()!) as [string, Fields][];
      if (action === 'index') items.push({ index: this.make(target, lines.shift()!) });
      else if (action === 'delete') items.push({ delete: this.delete(target) });
      else throw new Error(`Malformed action/metadata line, expected one of [index, delete] but found [${action}]`);
    }
    return { took: 1, errors: items.some((item) => Object.values(item).some(({ status }: { status: number }) => status >= 400)), items };
  }

  /** As `_search` takes it. */
  search(body: Fields): object {
    only(body, ['query', 'size', '_source']);
    if (Number(body.size) > MOST_FOUND) throw new Error(`Result window is too large, from + size must be less than or equal to: [${MOST_FOUND}] but was [${String(body.size)}]`);
    this.see();
    const all = [...this.shown.values()];
    const query = body.query as Fields | undefined ?? { match_all: {} };
    const scored = all.flatMap((document) => {
      const score = scoreOf(query, document, all);
      const _source = pick(document.source, body._source as readonly string[]);
      return score === undefined ? [] : [{ _index: this.name, _id: document._id, _score: score, _source }];
    });
    const [knn] = Object.values(query.knn as Readonly<Record<string, Fields>> | undefined ?? {});
    const hits = scored.sort((one, other) => other._score - one._score).slice(0, Math.min(Number(body.size ?? 10), Number(knn?.k ?? Infinity)));
    return { took: 1, timed_out: false, hits: { total: { value: scored.length, relation: 'eq' }, max_score: hits[0]?._score ?? null, hits } };
  }

  private make(target: Fields, source: Fields): object {
    const refused = (type: string, reason: string) => ({ _index: this.name, status: 400, error: { type, reason } });
    if ('_id' in target) return refused('illegal_argument_exception', 'Document ID is not supported in create/index operation request');
    only(target, []);
    for (const [field, dimension] of Object.entries(this.dimensions)) {
      const vector = source[field] as readonly number[] | undefined;
      if (vector?.length !== dimension) return refused('mapper_parsing_exception', `Vector dimension mismatch. Expected: ${dimension}, Given: ${vector?.length}`);
    }
    const document = { _id: `1%3A0%3A${(++this.made).toString(36).padStart(12, '0')}`, source };
    this.documents.set(document._id, document);
    this.later((shown) => shown.set(document._id, document));
    return { _index: this.name, _id: document._id, _version: 1, result: 'created', status: 201 };
  }

  private delete(target: Fields): object {
    only(target, ['_id']);
    const _id = String(target._id);
    const there = this.documents.delete(_id);
    this.later((shown) => shown.delete(_id));
    return { _index: this.name, _id, result: there ? 'deleted' : 'not_found', status: there ? 200 : 404 };
  }

  private later(apply: Change['apply']): void {
    this.unseen.push({ at: Date.now() + this.lag(), apply });
  }

  private see(): void {
    while (this.unseen.length > 0 && this.unseen[0].at <= Date.now()) this.unseen.shift()!.apply(this.shown);
  }
}

/** The dimensions of its vectors. */
function requireSchema(schema: Fields): Record<string, number> {
  only(schema, ['settings', 'mappings']);
  const { mappings = {} } = schema as { readonly mappings?: Fields };
  only(mappings, ['dynamic', 'properties']);
  const dimensions: Record<string, number> = {};
  const visit = (properties: Fields) => {
    for (const [name, field] of Object.entries(properties) as [string, Fields][]) {
      if (field.properties) {
        visit(field.properties as Fields);
        continue;
      }
      const known = TYPES[String(field.type)];
      if (!known) throw new Error(`No handler for type [${String(field.type)}] declared on field [${name}]`);
      only(field, ['type', ...known]);
      if (field.type === 'knn_vector') dimensions[name] = Number(field.dimension);
    }
  };
  visit(mappings.properties as Fields);
  return dimensions;
}

function pick(source: Fields, names: readonly string[] | undefined): Fields {
  return names ? Object.fromEntries(names.flatMap((name) => (Object.hasOwn(source, name) ? [[name, source[name]]] : []))) : source;
}
