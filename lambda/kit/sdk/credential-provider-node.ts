import { fromEnv } from '@aws-sdk/credential-provider-env';
import { fromHttp } from '@aws-sdk/credential-provider-http';

/**
 * Stands in a bundle for the SDK's package of this name, which looks for credentials wherever a developer may keep them. A handler has
 * them from Lambda in its environment, a task from its container's agent; the rest weighs a sixth of a bundle, and is never asked.
 */
export const defaultProvider = (): ReturnType<typeof fromHttp> | ReturnType<typeof fromEnv> => {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: near, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = process.env;
  return near || full ? fromHttp() : fromEnv();
};
