import { basename, join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

const kit = join(__dirname, '../lambda/kit/sdk');

/**
 * A part is what only some handlers of a kind need and all would pay for: another client of the SDK, a validator. `import('../parts/x.js')`
 * finds it as a file of its own beside the handler, and loads it when it is first used; see docs/decisions/0007-parts.md.
 */
const partsBeside: Plugin = {
  name: 'parts-beside',
  setup: (build) => build.onResolve({ filter: /\/parts\/[a-z0-9-]+(\.js)?$/ }, ({ path, kind }) => {
    if (kind === 'entry-point') return undefined;
    if (kind !== 'dynamic-import') return { errors: [{ text: `a part is loaded when it is needed: await import('${path}')` }] };
    return { path: `./${basename(path, '.js')}.js`, external: true };
  }),
};

/**
 * How a handler is bundled: one CommonJS file, everything inside, the AWS SDK too (the copy in the runtime lags behind).
 * CommonJS with `module` first loads in two thirds of the time that plain ESM takes; see docs/decisions/0001-prebuilt-bundles.md.
 */
export const HANDLER_FLAGS = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;

/** What is left out of a handler, and what is put beside it. */
export const HANDLER_BUNDLE = {
  ...HANDLER_FLAGS,
  alias: {
    '@aws-sdk/credential-provider-node': join(kit, 'credential-provider-node.ts'),
    '@aws-sdk/token-providers': join(kit, 'token-providers.ts'),
  },
  // Through the loader of ES modules the first part would cost 20 ms more.
  supported: { 'dynamic-import': false },
  plugins: [partsBeside],
} satisfies BuildOptions;
