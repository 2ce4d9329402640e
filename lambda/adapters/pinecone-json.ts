import { plainJson, type Send } from './signed-json';
import { StoreFailure } from '../ports/passage-store';

/** Of the data plane; what is asked of it is told by its date. */
const VERSION = '2025-10';
/** A key that was changed in its secret is taken after so long. */
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
      throw new StoreFailure('unavailable', `the key of Pinecone: ${(error as Error).message}`, { cause: error });
    }
  };
  return plainJson('Pinecone', endpoint, async (_method, _path, headers) => ({ ...headers, 'api-key': await key(), 'x-pinecone-api-version': VERSION }));
}

/** A secret is the key, or has it as `apiKey`, as knowledge bases of Bedrock want it. */
function keyIn(secret: string): string {
  const text = secret.trim();
  return text.startsWith('{') ? String((JSON.parse(text) as { readonly apiKey?: string }).apiKey) : text;
}
