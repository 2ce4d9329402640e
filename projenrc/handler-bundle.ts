import { basename, join } from 'node:path';
import type { BuildOptions, Plugin, TransformOptions } from 'esbuild';

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
 * How a handler is bundled: CommonJS, everything inside, the AWS SDK too (the copy in the runtime lags behind).
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

/** Through the loader of ES modules the first part would cost 20 ms more. */
const LOADED = { supported: { 'dynamic-import': false } };

/** What is left out of a handler, and what is put beside it. */
export const HANDLER_BUNDLE = {
  ...HANDLER_FLAGS,
  ...LOADED,
  alias: {
    '@aws-sdk/credential-provider-node': join(kit, 'credential-provider-node.ts'),
    '@aws-sdk/token-providers': join(kit, 'token-providers.ts'),
  },
  plugins: [partsBeside],
} satisfies BuildOptions;

/**
 * Many handlers and parts at once: what several of them have in common is a file of its own, so that it is in the package once
 * (docs/decisions/0019-shared-code.md). esbuild cuts ES modules alone, so that each file is made CommonJS by `SHARED_TRANSFORM` after that.
 */
export const SHARED_BUNDLE = {
  ...HANDLER_BUNDLE,
  format: 'esm',
  splitting: true,
  supported: {},
  entryNames: '[name]',
  chunkNames: 'shared-[hash]',
} satisfies BuildOptions;

export const SHARED_TRANSFORM = { platform: 'node', target: 'node24', format: 'cjs', minify: true, legalComments: 'none', ...LOADED } satisfies TransformOptions;
