import { secretFields } from './secret-value';
import { plainJson, type Send } from './signed-json';
import { StoreFailure } from '../ports/passage-store';

/** Of the data plane; what is asked of it is told by its date. */
const VERSION = '2025-10';
/** A key is read again after so long; one that is not taken any more, at once. */
const KEPT_MS = 300_000;

/** Requests to an index of Pinecone's with its key, which is read when it is first needed. */
export function pineconeJson(endpoint: string, readKey: () => Promise<string>, now: () => number): Send {
  let kept: { readonly key: Promise<string>; readonly until: number } | undefined;
  const key = async () => {
    if (!kept || kept.until <= now()) kept = { key: readKey(), until: now() + KEPT_MS };
    try {
      return keyIn(await kept.key);
    } catch (error) {
      kept = undefined;
      const { message } = error as Error;
      throw new StoreFailure(error instanceof StoreFailure ? error.kind : 'unavailable', `the key of Pinecone: ${message}`, { cause: error });
    }
  };
  const send = plainJson('Pinecone', endpoint, async (_method, _path, headers) => ({ ...headers, 'api-key': await key(), 'x-pinecone-api-version': VERSION }));
  return async (...request) => {
    const used = kept;
    try {
      return await send(...request);
    } catch (error) {
      // One that was read for this request is what the secret holds.
      if (!(error instanceof StoreFailure && error.cause === 401 && used)) throw error;
      if (kept === used) kept = undefined;
      return send(...request);
    }
  };
}

/** A secret is the key, or has it as `apiKey`, as knowledge bases of Bedrock want it. */
function keyIn(secret: string): string {
  const { apiKey } = secretFields(secret) ?? { apiKey: secret.trim() };
  if (typeof apiKey !== 'string') throw new StoreFailure('forbidden', "the secret is an object without 'apiKey'");
  return apiKey;
}
