/** Does something with the first call, and gives every call what came of it; what failed is tried again. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => done ??= work().catch((error: unknown) => {
    done = undefined;
    throw error;
  });
}

/**
 * A port whose adapter is loaded when it is first asked for anything. Whatever one of its methods gives, a promise or something to iterate
 * over, the caller gets by waiting for it or by iterating over it, as without this.
 */
export function deferred<Port extends object>(load: () => Promise<Port>): Port {
  const call = (method: string, args: unknown[]) => {
    const called = load().then((port) => (port as Record<string, (...given: unknown[]) => unknown>)[method](...args));
    // Whoever iterates hears of a failure there; as a promise of nobody's it would end the process.
    called.catch(() => undefined);
    return Object.assign(called, {
      async* [Symbol.asyncIterator]() {
        yield* await called as AsyncIterable<unknown>;
      },
    });
  };
  // No promise: one that resolves to a port would wait for it.
  return new Proxy({} as Port, { get: (_, method) => (method === 'then' ? undefined : (...args: unknown[]) => call(String(method), args)) });
}
