import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type IConstruct } from 'constructs';
import { fail } from './validation';

/** The path of a file that is made when the package is built, by its name in lambda/dist. */
export function packedFile(scope: IConstruct, file: string): string {
  const path = join(__dirname, '../../lambda/dist', file);
  if (!existsSync(path)) fail(scope, `the handler's file '${file}' is not in the package (${path}); in a clone, make it with 'npm run bundle'`);
  return path;
}
