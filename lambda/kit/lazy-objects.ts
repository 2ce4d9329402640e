import type { Objects } from '../ports/objects';

/** Objects behind a part that is loaded when the first of them is asked for. */
export function lazyObjects(load: () => Promise<Objects>): Objects {
  let loading: Promise<Objects> | undefined;
  // A load that failed is tried again by the next who asks.
  const open = () => loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return {
    put: async (...given) => (await open()).put(...given),
    get: async (...given) => (await open()).get(...given),
    find: async (...given) => (await open()).find(...given),
    delete: async (...given) => (await open()).delete(...given),
    deleteSome: async (...given) => (await open()).deleteSome(...given),
    upload: async (...given) => (await open()).upload(...given),
  };
}
