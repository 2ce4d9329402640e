import { join } from 'node:path';
import { filesOfBundles, weightOf } from './handler';
import type { Figure, Row } from './row';
import { manifest, withInstalled } from './tarball';

const KB = 1024;
const MB = KB * KB;
/** Bundles with a ceiling, what they share with others included; the others are printed. */
const STORES = {
  'store-pgvector': 300, 'store-s3-vectors': 320, 'store-open-search': 220, 'open-search-upkeep': 300, 'store-pinecone': 310, 'store-redis': 420, 'store-memory-db': 510,
};
const PIPELINE = { 'document-index': 680, 'vector-bucket': 260, 'own-passages': 345, 'answers': 280, 'evaluate': 700, 'scans': 255, 'rerank': 192 };
const GOALS: Record<string, number> = { 'chat': 500, 'rag': 420, 'parse-thread': 25, 'parse-pdf': 1_750, 'parse-office': 200, 'parse-html': 180, 'parse-mail': 100, 'parse-charset': 60, ...PIPELINE, ...STORES };

const size: Row = {
  name: 'size',
  title: 'what the package weighs, all handlers inside',
  run: () => withInstalled(async (app, tarball) => {
    const bundles = Object.keys(filesOfBundles()).map((name): Figure => ({ name: `bundle ${name}`, value: weightOf(name) / KB, unit: 'KB', goal: GOALS[name], kind: 'size' }));
    const { dependencies, optionalDependencies } = manifest(join(app, 'node_modules', tarball.name));
    const packages = 1 + Object.keys({ ...dependencies, ...optionalDependencies }).length;
    return {
      figures: [
        ...bundles,
        { name: 'tarball', value: tarball.size / MB, unit: 'MB', kind: 'size' },
        { name: 'unpacked', value: tarball.unpackedSize / MB, unit: 'MB', goal: 8, kind: 'size' },
        { name: 'packages added', value: packages, unit: '', goal: 1, kind: 'size' },
      ],
    };
  }),
};

export default size;
