import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fields, SearchDocument } from '../../../local/opensearch/query';
import { SearchIndex } from '../../../local/opensearch/search-index';

export interface OpenSearchServer {
  readonly url: string;
  /** Makes an index by its schema. */
  create(name: string, schema: object): void;
  drop(name: string): void;
  index(name: string): SearchIndex | undefined;
  /** Documents of an index, and what was asked of all. */
  documents(name: string): SearchDocument[];
  readonly asked: { readonly path: string; readonly headers: Fields; readonly body: string }[];
  /** What the next requests are answered with instead; 0 does what is asked and cuts the connection then. */
  readonly failures: number[];
  /** Milliseconds until a search sees a change. */
  lag: number;
  stop(): Promise<void>;
}

/** `_bulk` and `_search` of a collection for vectors, by the local cloud's index, with bodies held to the shapes of the public API. */
export async function startOpenSearch(): Promise<OpenSearchServer> {
  const indexes = new Map<string, SearchIndex>();
  const [asked, failures]: [OpenSearchServer['asked'], number[]] = [[], []];

  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; }).on('end', () => {
      asked.push({ path: request.url!, headers: request.headers, body });
      const [, name, operation] = request.url!.split('/');
      const index = indexes.get(name);
      const failure = failures.shift();
      const answer = (status: number, content: object) => (failure === 0 ? request.socket.destroy() : response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content)));
      if (failure) return answer(failure, { error: { type: 'failure' }, status: failure });
      if (!index) return answer(404, { error: { type: 'index_not_found_exception' }, status: 404 });
      try {
        return answer(200, operation === '_bulk' ? index.bulk(body) : index.search(JSON.parse(body) as Fields));
      } catch (error) {
        return answer(400, { error: { type: 'parsing_exception', reason: (error as Error).message }, status: 400 });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const known: OpenSearchServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    create: (name, schema) => indexes.set(name, new SearchIndex(name, schema as Fields, () => known.lag)),
    drop: (name) => indexes.delete(name),
    index: (name) => indexes.get(name),
    documents: (name) => indexes.get(name)!.all,
    asked,
    failures,
    lag: 0,
    stop: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
  return known;
}
