/**
 * An iterable that is known only later. No more than the first of its values waits for it: a generator that passes values on would cost every
 * one of them two turns of the event loop, and an answer has hundreds.
 */
export function later<T>(open: () => Promise<AsyncIterable<T>>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      let inner: AsyncIterator<T> | undefined;
      const opened = async () => (inner = (await open())[Symbol.asyncIterator]());
      return {
        next: () => inner ? inner.next() : opened().then((iterator) => iterator.next()),
        return: async () => {
          await inner?.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
