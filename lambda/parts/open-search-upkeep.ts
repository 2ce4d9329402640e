import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { OpenSearchServerlessClient } from '@aws-sdk/client-opensearchserverless';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { OpenSearchReference } from '../../lib/contract/passage-stores';
import { dropIndexWords } from '../adapters/dynamo-index-words';
import { dynamoPlaces } from '../adapters/dynamo-places';
import { openSearchIndexes } from '../adapters/open-search-indexes';
import type { Places } from '../adapters/open-search-passages';
import { signedJson } from '../adapters/signed-json';
import type { PassageIndexes } from '../ports/passage-store';

const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true });

const tables = () => DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler }));

/** Where the chunks of an index stand in its collection. */
export function openPlaces(table: string, index: string): Places {
  return dynamoPlaces(tables(), { table, index });
}

/** Makes and drops the indexes of a collection. */
export function openIndexes(reference: OpenSearchReference): PassageIndexes {
  const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  return openSearchIndexes(new OpenSearchServerlessClient({ requestHandler }), signedJson('aoss', reference.endpoint), {
    reference,
    dropPlaces: (index, signal, from) => dropIndexWords(tables(), { table: reference.table, index }, signal, from),
    now: Date.now,
    pause,
  });
}
