import { DIMENSION } from './chunks';
import { passageIndexesSuite } from './passage-indexes.suite';
import { passageStoreSuite } from './passage-store.suite';
import { MemoryPassageIndexes, MemoryPassageStore } from '../fakes/passage-store';

passageStoreSuite('memory, as tests of cores use it', async () => ({
  open: async ({ tenantField }) => new MemoryPassageStore({ dimension: DIMENSION, tenantField }),
}));

passageIndexesSuite('memory, as tests of cores use it', async () => {
  const indexes = new MemoryPassageIndexes();
  return { indexes, open: ({ name }) => indexes.open(name) };
});
