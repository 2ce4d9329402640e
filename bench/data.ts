import { accessSync, constants, createReadStream, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What the benchmark was given is wrong: told in one line, without a stack, and the process ends with 2. */
export class Refusal extends Error {}

/** What a field of each line must be. */
export interface Field {
  readonly name: string;
  readonly rule: string;
  holds(value: unknown): boolean;
}

export const textField = (name: string): Field => ({ name, rule: 'a text', holds: (value) => typeof value === 'string' });
export const nameField = (name: string): Field => ({ name, rule: 'a text that is not empty', holds: (value) => typeof value === 'string' && value !== '' });

const WRONG: Readonly<Record<string, string>> = {
  ENOENT: 'which does not exist',
  ENOTDIR: 'which is no folder',
  EEXIST: 'which is a file',
  EACCES: 'which may not be read',
  EISDIR: 'which is a folder',
};

/** `what` is what somebody knows the path by: `'--files'`. */
function atPath<T>(what: string, rule: string, path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Refusal(`${what} must be ${rule}, got ${path}${WRONG[code] ? `, ${WRONG[code]}` : `: ${message}`}`);
  }
}

/** A file that can be read. */
export function fileAt(what: string, path: string): string {
  atPath(what, 'a file', path, () => accessSync(path, constants.R_OK));
  if (statSync(path).isDirectory()) throw new Refusal(`${what} must be a file, got ${path}, which is a folder`);
  return path;
}

export const readText = (what: string, path: string): string => readFileSync(fileAt(what, path), 'utf8');

/** Names of what lies in a folder. */
export const readFolder = (what: string, path: string): string[] => atPath(what, 'a folder', path, () => readdirSync(path));

/** Makes the folder where it is not there yet. */
export const makeFolder = (what: string, path: string): void => void atPath(what, 'a folder', path, () => mkdirSync(path, { recursive: true }));

/** Whatever JSON a file holds; its shape is not looked at. */
export function readJson(what: string, path: string): unknown {
  const text = readText(what, path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(`${what} must hold JSON, got ${path}: ${(error as Error).message}`);
  }
}

/** A JSON object from each line that is not blank, with these fields. */
export async function* jsonLines<T>(what: string, file: string, fields: readonly Field[]): AsyncGenerator<T> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(fileAt(what, file)), crlfDelay: Infinity })) {
    number += 1;
    if (line.trim()) yield parsed(line, `${file}, line ${number}`, fields) as T;
  }
}

function parsed(line: string, where: string, fields: readonly Field[]): unknown {
  const value = valueOf(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refusal(`${where}: must be a JSON object, got ${shortened(line)}`);
  for (const { name, rule, holds } of fields) {
    const given = (value as Record<string, unknown>)[name];
    if (!holds(given)) throw new Refusal(`${where}: '${name}' must be ${rule}, got ${given === undefined ? 'nothing' : shortened(JSON.stringify(given))}`);
  }
  return value;
}

function valueOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** So much of a text that a message stays a line. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 100)}…` : line;
}
