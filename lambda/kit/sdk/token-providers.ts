/** Stands in a bundle for the SDK's package of this name: a handler signs its requests, and has no bearer token to offer. */
export const fromEnvSigningName = noToken;
export const nodeProvider = noToken;

function noToken() {
  return async (): Promise<never> => {
    throw new Error('a handler signs its requests; it has no bearer token');
  };
}
