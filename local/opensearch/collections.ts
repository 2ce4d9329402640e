import type { IncomingMessage, ServerResponse } from 'node:http';
import { dataRefusal } from './data-access';
import type { Fields } from './query';
import { SearchIndex } from './search-index';
import type { Deployment } from '../assembly/deployment';
import { AwsFailure, failureReply } from '../aws/failure';
import type { AwsRequest, AwsService } from '../aws/service';
import { credentialScope, type CredentialScope } from '../aws/signature';
import type { Principals } from '../iam/principals';
import { serveLoopback } from '../server';

/** How long a search does not see what has changed: less than the service's minute, and more than nothing. */
const LAG_MS = 300;

/** Operations on an index, and the permission of a data access policy that each needs. */
const DATA = { _bulk: 'aoss:WriteDocument', _search: 'aoss:ReadDocument' } as const;
const CONTROL = { CreateIndex: 'aoss:CreateIndex', GetIndex: 'aoss:DescribeIndex', DeleteIndex: 'aoss:DeleteIndex' } as const;

interface Collection {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly address: string;
  readonly indexes: Map<string, SearchIndex>;
}

export interface Collections {
  /** The service that makes and drops indexes. */
  readonly service: AwsService;
  /** Turns the addresses of collections into those of this machine. */
  localise(text: string): string;
  stop(): Promise<void>;
}

export interface CollectionsOptions {
  readonly principals: Principals;
  readonly onNotice: (line: string) => void;
}

/** Collections of OpenSearch Serverless, each a server on loopback: a caller needs a permission of IAM and one of a data access policy. */
export async function startCollections(deployment: Deployment, { principals, onNotice }: CollectionsOptions): Promise<Collections> {
  const collections = deployment.resources('AWS::OpenSearchServerless::Collection').map((resource): Collection => ({
    id: deployment.id(resource),
    arn: deployment.attribute(resource, 'Arn'),
    name: String(deployment.property(resource, 'Name')),
    address: deployment.attribute(resource, 'CollectionEndpoint'),
    indexes: new Map(),
  }));
  const mayUse = (caller: CredentialScope, collection: Collection, index: string, permission: string) => {
    const refusal = dataRefusal(deployment, principals.arnOf(caller.accessKeyId), `index/${collection.name}/${index}`, permission);
    if (refusal === undefined) return;
    onNotice(`local cloud: OpenSearch Serverless refused, ${refusal}`);
    throw new AwsFailure('AccessDeniedException', 403, refusal);
  };
  const servers = await Promise.all(collections.map(async (collection) => ({
    collection,
    server: await serveLoopback(0, (incoming, outgoing) => void answered(collection, { principals, mayUse, onNotice }, incoming, outgoing)),
  })));
  return {
    service: controlPlane(collections, mayUse),
    localise: (text) => servers.reduce((known, { collection: { address }, server: { url } }) => known.replaceAll(address, url), text),
    stop: async () => { await Promise.all(servers.map(({ server }) => server.stop())); },
  };
}

type MayUse = (caller: CredentialScope, collection: Collection, index: string, permission: string) => void;

interface Door extends CollectionsOptions {
  readonly mayUse: MayUse;
}

async function answered(collection: Collection, { principals, mayUse, onNotice }: Door, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const answer = (status: number, body: object) => outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  try {
    const [, name, operation] = (incoming.url ?? '').split('/');
    const caller = credentialScope(incoming.headers as Record<string, string>, incoming.url ?? '/');
    if (caller?.service !== 'aoss' || incoming.headers['x-amz-content-sha256'] === undefined) {
      throw new AwsFailure('AccessDeniedException', 403, 'a request must be signed for aoss, with the digest of its body');
    }
    const denial = principals.authorize(caller, { action: 'aoss:APIAccessAll', resource: collection.arn });
    if (denial) throw new AwsFailure('AccessDeniedException', 403, denial.message);
    const permission = incoming.method === 'POST' && Object.hasOwn(DATA, operation) ? DATA[operation as keyof typeof DATA] : undefined;
    if (permission === undefined) throw new AwsFailure('UnknownOperationException', 404, `the local OpenSearch has _bulk and _search only, asked for ${incoming.method} ${incoming.url}`);
    mayUse(caller, collection, name, permission);
    const index = collection.indexes.get(name);
    if (!index) return void answer(404, { error: { type: 'index_not_found_exception', reason: `no such index [${name}]`, index: name }, status: 404 });
    const body = Buffer.concat(parts).toString();
    answer(200, operation === '_bulk' ? index.bulk(body) : index.search(JSON.parse(body) as Fields));
  } catch (error) {
    const status = error instanceof AwsFailure ? error.status : 400;
    const { message } = error as Error;
    if (status !== 400) onNotice(`local cloud: OpenSearch Serverless answers ${status}: ${message}`);
    answer(status, { error: { type: status === 403 ? 'authorization_exception' : 'parsing_exception', reason: message }, status });
  }
}

function controlPlane(collections: readonly Collection[], mayUse: MayUse): AwsService {
  const operationOf = ({ headers }: AwsRequest) => {
    const name = (headers['x-amz-target'] ?? '').replace('OpenSearchServerless.', '');
    if (Object.hasOwn(CONTROL, name)) return name as keyof typeof CONTROL;
    throw new AwsFailure('UnknownOperationException', 404, `the local OpenSearch Serverless makes, shows and drops indexes only, asked for ${headers['x-amz-target']}`);
  };
  const inputOf = ({ body }: AwsRequest) => JSON.parse(body.toString()) as { readonly id: string; readonly indexName: string; readonly indexSchema?: Fields };
  const collectionOf = (id: string) => collections.find((collection) => collection.id === id);
  const missing = (message: string): never => { throw new AwsFailure('ResourceNotFoundException', 404, message); };
  return {
    name: 'aoss',
    authorizations: (request) => {
      const { id } = inputOf(request);
      return [{ action: `aoss:${operationOf(request)}`, resource: collectionOf(id)?.arn ?? missing(`Collection with ID ${id} cannot be found`) }];
    },
    handle: async (request) => {
      const { id, indexName, indexSchema = {} } = inputOf(request);
      const operation = operationOf(request);
      const collection = collectionOf(id)!;
      mayUse(request, collection, indexName, CONTROL[operation]);
      const index = collection.indexes.get(indexName);
      const reply = (body: object) => ({ status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: JSON.stringify(body) });
      if (operation === 'CreateIndex') {
        if (index) throw new AwsFailure('ConflictException', 400, `Index ${indexName} already exists`);
        try {
          collection.indexes.set(indexName, new SearchIndex(indexName, indexSchema, () => LAG_MS));
        } catch (error) {
          return failureReply(request, new AwsFailure('ValidationException', 400, (error as Error).message));
        }
        return reply({});
      }
      if (!index) return missing(`Index ${indexName} cannot be found`);
      if (operation === 'GetIndex') return reply({ indexSchema: index.schema });
      collection.indexes.delete(indexName);
      return reply({});
    },
  };
}
