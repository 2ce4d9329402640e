/** Reads what a contract promises; a key that was never set is a fault of the deployment and stops the start. */
export function readEnv<Key extends string>(keys: readonly Key[], source: NodeJS.ProcessEnv = process.env): Record<Key, string> {
  const missing = keys.filter((key) => source[key] === undefined);
  if (missing.length > 0) throw new Error(`the environment lacks ${missing.join(', ')}`);
  return Object.fromEntries(keys.map((key) => [key, source[key]])) as Record<Key, string>;
}
