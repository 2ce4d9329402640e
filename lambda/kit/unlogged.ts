interface Client {
  readonly middlewareStack: { remove(name: string): boolean };
}

/** A client of the SDK that tells no logger of its calls: it goes through all that is said in each to leave out what is secret, though nobody listens. */
export function unlogged<C extends Client>(client: C): C {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
