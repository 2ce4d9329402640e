import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './measure';
import type { Figure, Row } from './row';
import { manifest, withInstalled } from './tarball';

const KB = 1024;
const MB = KB * KB;
/** Bundles with a ceiling; the others are printed. */
const STORES = { 'store-pgvector': 170, 'store-s3-vectors': 290, 'store-open-search': 75, 'store-pinecone': 260 };
const GOALS: Record<string, number> = { 'chat': 500, 'rag': 420, 'parse-thread': 25, 'parse-pdf': 1_750, 'parse-office': 200, 'parse-html': 180, 'parse-mail': 100, 'parse-charset': 60, ...STORES };

const size: Row = {
  name: 'size',
  title: 'what the package weighs, all handlers inside',
  run: () => withInstalled(async (app, tarball) => {
    const dist = join(root, 'lambda/dist');
    const handlers = readdirSync(dist, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !['maps', 'parts'].includes(entry.name)).map(({ name }) => name);
    const parts = readdirSync(join(dist, 'parts')).map((file) => file.replace(/\.js$/, ''));
    const weight = (file: string) => statSync(join(dist, file)).size / KB;
    const bundles = [
      ...handlers.map((name): Figure => ({ name: `bundle ${name}`, value: weight(`${name}/index.js`), unit: 'KB', goal: GOALS[name], kind: 'size' })),
      ...parts.map((name): Figure => ({ name: `part ${name}`, value: weight(`parts/${name}.js`), unit: 'KB', goal: GOALS[name], kind: 'size' })),
    ];
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
