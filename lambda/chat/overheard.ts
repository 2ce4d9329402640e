/** Hears values on their way to whoever asks for them. A generator in between would cost every one of them two turns of the event loop. */
export function overheard<T>(values: AsyncIterable<T>, hear: (value: T) => void): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const inner = values[Symbol.asyncIterator]();
      return {
        next: async () => {
          const next = await inner.next();
          if (!next.done) hear(next.value);
          return next;
        },
        return: async () => {
          await inner.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
