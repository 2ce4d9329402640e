import { DIMENSION } from './chunks';
import { passageStoreSuite } from './passage-store.suite';
import { MemoryPassageStore } from '../fakes/passage-store';

passageStoreSuite('memory, as tests of cores use it', async () => ({
  open: async ({ tenantField }) => new MemoryPassageStore({ dimension: DIMENSION, tenantField }),
}));
