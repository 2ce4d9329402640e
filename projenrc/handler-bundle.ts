import type { BuildOptions } from 'esbuild';

/**
 * How a handler is bundled: one CommonJS file, everything inside, the AWS SDK too (the copy in the runtime lags behind).
 * CommonJS with `module` first loads in two thirds of the time that plain ESM takes; see docs/decisions/0001-prebuilt-bundles.md.
 */
export const HANDLER_BUNDLE = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} satisfies BuildOptions;
