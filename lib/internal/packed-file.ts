import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IConstruct } from 'constructs';
import { fail } from './validation';

/** The path of a file that is made when the package is built, by its name in lambda/dist. */
export function packedFile(scope: IConstruct, file: string): string {
  const path = join(__dirname, '../../lambda/dist', file);
  if (!existsSync(path)) fail(scope, `the handler's file '${file}' is not in the package (${path}); in a clone, make it with 'npm run bundle'`);
  return path;
}

/** What lies in a handler's folder, by name: the handler as `index.js`, its parts, and all that they share. */
export function bundledFiles(scope: IConstruct, handler: string, parts: readonly string[]): Readonly<Record<string, string>> {
  const needed = JSON.parse(readFileSync(packedFile(scope, 'bundles.json'), 'utf8')) as Readonly<Record<string, readonly string[]>>;
  const files = [handler, ...parts].flatMap((name) => needed[name] ?? [`${name}.js`]);
  return Object.fromEntries([...new Set(files)].map((file) => [file === `${handler}.js` ? 'index.js' : file, packedFile(scope, file)]));
}
