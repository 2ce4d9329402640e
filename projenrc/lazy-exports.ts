import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const lib = resolve(__dirname, '../lib');
const load = createRequire(__filename);

/**
 * Rewrites the compiled index so that a room is loaded when something of it is first asked for, as aws-cdk-lib does:
 * whoever uses one construct does not wait for seven. Runs after the compiler, over what it wrote.
 */
function lazyExports(rooms: string[]): string {
  const names = rooms.flatMap((room) => Object.keys(load(resolve(lib, room)) as object).map((name) => ({ name, room })));
  const twice = names.find(({ name }, position) => names.findIndex((other) => other.name === name) !== position);
  if (twice) throw new Error(`lib/index.ts exports '${twice.name}' from two places`);

  return [
    '"use strict";',
    'Object.defineProperty(exports, "__esModule", { value: true });',
    // ES modules learn the names of a CommonJS module from assignments like these.
    ...(names.length > 0 ? [`${names.map(({ name }) => `exports.${name} = `).join('')}void 0;`] : []),
    'const lazy = (name, load) => Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => {',
    '  const value = load()[name];',
    '  Object.defineProperty(exports, name, { enumerable: true, configurable: true, value });',
    '  return value;',
    '} });',
    ...names.map(({ name, room }) => `lazy("${name}", () => require("${room}"));`),
    '',
  ].join('\n');
}

/** The rooms that the index exports. Anything else in it would be lost here, so it is refused. */
function roomsOf(source: string): string[] {
  return source.split('\n').filter((line) => !/^(export \{\};|\/\/.*|\s*)$/.test(line)).map((line) => {
    const room = /^export \* from '(\.\/[^']+)';$/.exec(line)?.[1];
    if (!room) throw new Error(`lib/index.ts may hold lines like "export * from './room';" and nothing else, found: ${line}`);
    return room;
  });
}

writeFileSync(resolve(lib, 'index.js'), lazyExports(roomsOf(readFileSync(resolve(lib, 'index.ts'), 'utf8'))));
