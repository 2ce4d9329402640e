import { CreateIndexCommand, DeleteIndexCommand, GetIndexCommand, type OpenSearchServerlessClient } from '@aws-sdk/client-opensearchserverless';
import { awsTold } from './aws-told';
import { isNotThere, type Send } from './signed-json';
import type { OpenSearchReference, PassageIndex } from '../../lib/contract/passage-stores';
import { type Dropped, type PassageIndexes, StoreFailure } from '../ports/passage-store';

export interface OpenSearchIndexesOptions {
  readonly reference: Pick<OpenSearchReference, 'collectionId' | 'ownsEngine'>;
  /** Forgets where the chunks of an index stand, as `PassageIndexes.drop` does. */
  dropPlaces(name: string, signal: AbortSignal, from?: string): Promise<Dropped>;
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

/** An index that is made is ready some seconds later; after so long something is wrong with it. */
const READY_MS = 60_000;
const LOOK_MS = 1_000;

/**
 * Fields of an index for chunks, as `CreateIndex` takes them. Words are those of lambda/kit/terms.ts, so that all stores find alike: OpenSearch only
 * splits them at spaces. A collection that owns its engine is told of none.
 */
export function openSearchSchema({ dimension, fields }: Pick<PassageIndex, 'dimension' | 'fields'>, { ownsEngine }: Pick<OpenSearchReference, 'ownsEngine'>): Schema {
  const types = { string: 'keyword', stringList: 'keyword', number: 'double', boolean: 'boolean' } as const;
  const engine = ownsEngine ? {} : { engine: 'faiss', parameters: { m: 16, ef_construction: 128 } };
  return {
    settings: { index: { knn: true } },
    mappings: {
      dynamic: false,
      properties: {
        id: { type: 'keyword' },
        tenant: { type: 'keyword' },
        chunk: { type: 'keyword', index: false, doc_values: false },
        written: { type: 'long' },
        words: { type: 'text', analyzer: 'whitespace' },
        described: { properties: Object.fromEntries(fields.map(({ name, type }) => [name, { type: types[type] }])) },
        embedding: { type: 'knn_vector', dimension, method: { name: 'hnsw', space_type: 'l2', ...engine } },
      },
    },
  };
}

interface Schema {
  readonly settings: { readonly index: { readonly knn: boolean } };
  readonly mappings: { readonly dynamic: boolean; readonly properties: Readonly<Record<string, Mapping>> };
}

interface Mapping {
  readonly type?: string;
  readonly dimension?: number;
  readonly properties?: Readonly<Record<string, Mapping>>;
  readonly [setting: string]: unknown;
}

/** Indexes of a collection: made and dropped by the service, and looked at in the collection itself, which knows them a while later. */
export function openSearchIndexes(client: OpenSearchServerlessClient, send: Send, options: OpenSearchIndexesOptions): PassageIndexes {
  const { reference, dropPlaces, now, pause } = options;
  const { collectionId: id } = reference;
  return {
    make: async (index) => {
      const indexSchema = openSearchSchema(index, reference);
      const input = { id, indexName: index.name, indexSchema: JSON.parse(JSON.stringify(indexSchema)) };
      const made = await told(async () => {
        await client.send(new CreateIndexCommand(input));
        return true;
      }, 'ConflictException');
      if (!made) await requireSame(index.name, indexSchema);
      for (const end = now() + READY_MS; !await isReady(index.name); await pause(LOOK_MS)) {
        if (now() > end) throw new StoreFailure('unavailable', `OpenSearch has made the index '${index.name}', and does not show it after ${READY_MS / 1_000} seconds`);
      }
    },

    drop: async (name, signal, from) => {
      // First: what somebody writes still then fails before it is known where it stands.
      await told(() => client.send(new DeleteIndexCommand({ id, indexName: name })), 'ResourceNotFoundException');
      return dropPlaces(name, signal, from);
    },
  };

  async function requireSame(name: string, wanted: Schema): Promise<void> {
    const { indexSchema } = await told(() => client.send(new GetIndexCommand({ id, indexName: name }))) ?? {};
    const found = (indexSchema as Partial<Schema> | undefined)?.mappings?.properties ?? {};
    const [asked, has] = [kindsOf(wanted.mappings.properties), kindsOf(found)];
    if (asked === has) return;
    throw new StoreFailure('refused', `the index '${name}' of the collection must have the fields ${asked}, got ${has}: it is another index of the same name`);
  }

  async function isReady(name: string): Promise<boolean> {
    try {
      await send('POST', `/${name}/_search`, { size: 0 });
      return true;
    } catch (error) {
      if (isNotThere(error)) return false;
      throw error;
    }
  }
}

/** What tells indexes apart that hold other chunks; the collection adds settings of its own. */
function kindsOf(properties: Readonly<Record<string, Mapping>>): string {
  const known = Object.entries(properties).filter(([, { properties: within }]) => !within || Object.keys(within).length > 0);
  const kindOf = ({ type, dimension, properties: within }: Mapping): unknown => (within ? JSON.parse(kindsOf(within)) : dimension ?? type);
  const each = known.map(([name, mapping]) => [name, kindOf(mapping)] as const);
  return JSON.stringify(Object.fromEntries(each.sort(([one], [other]) => (one < other ? -1 : 1))));
}

/** Gives undefined where the service answers what is as good. */
async function told<T>(call: () => Promise<T>, asGood?: string): Promise<T | undefined> {
  return awsTold('OpenSearch Serverless', () => call().catch((error: Error) => {
    if (error.name !== asGood) throw error;
    return undefined;
  }));
}
