import { fromEnv } from '@aws-sdk/credential-provider-env';
import { fromHttp } from '@aws-sdk/credential-provider-http';

type Provider = ReturnType<typeof fromHttp> | ReturnType<typeof fromEnv>;
type Credentials = Awaited<ReturnType<Provider>>;

/** How long before they expire new credentials are asked for. */
const EARLY_MS = 300_000;

/**
 * Stands in a bundle for the SDK's package of this name, which looks for credentials wherever a developer may keep them. A handler has
 * them from Lambda in its environment, a task from its container's agent; the rest weighs a sixth of a bundle, and is never asked.
 */
export const defaultProvider = (): Provider => {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: near, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = process.env;
  return kept(near || full ? fromHttp() : fromEnv());
};

/** A client asks with every call. What is still good is used while new ones are on their way, and longer where they do not come. */
function kept(provide: Provider): () => Promise<Credentials> {
  let held: Credentials | undefined;
  let asking: Promise<Credentials> | undefined;
  const ask = () => asking ??= provide().then((given) => held = given).finally(() => { asking = undefined; });
  return async () => {
    const left = held ? (held.expiration?.getTime() ?? Infinity) - Date.now() : 0;
    if (left > EARLY_MS) return held!;
    const asked = ask();
    if (left <= 0) return asked;
    asked.catch(() => undefined);
    return held!;
  };
}
