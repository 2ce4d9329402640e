/** All that an iterable gives, and the error it ended with. */
export async function collect<T>(items: AsyncIterable<T>): Promise<{ items: T[]; error?: unknown }> {
  const collected: T[] = [];
  try {
    for await (const item of items) collected.push(item);
    return { items: collected };
  } catch (error) {
    return { items: collected, error };
  }
}
