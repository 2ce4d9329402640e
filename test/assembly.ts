import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

const packed = resolve(__dirname, '../.jsii.gz');

/** What jsii knows of every public type, as the library ships it. Undefined before the library is compiled. */
export function assembly<T>(): { readonly types: Record<string, T> } | undefined {
  return existsSync(packed) ? JSON.parse(gunzipSync(readFileSync(packed)).toString('utf8')) as { types: Record<string, T> } : undefined;
}
