import { inflateRawSync } from 'node:zlib';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { ParseFailure } from '../ports/parsing';

/** An archive whose directory was read, and nothing else of it yet. */
export interface Zip {
  readonly names: readonly string[];
  /** Undefined where there is no such file. Throws where it is broken, or unpacks to more than the policy allows. */
  read(name: string): Buffer | undefined;
}

interface Entry {
  readonly method: number;
  readonly flags: number;
  readonly packed: number;
  readonly unpacked: number;
  readonly at: number;
}

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
/** Of the extra field with sizes of 64 bits. */
const WIDE = 1;
/** The end's record and the longest comment behind it. */
const END_WITHIN = 22 + 65_535;
/** A small file of nothing but blanks packs well and harms nobody. */
const RATIO_FROM = 1024 * 1024;

/**
 * Reads an archive by its directory. Sizes that it states are believed only to refuse it: what is unpacked stops at the policy's limits, whatever
 * the directory says.
 */
export function openZip(bytes: Uint8Array, policy: ParsePolicy): Zip {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = directory(file, policy);
  let total = 0;
  return {
    names: [...entries.keys()],
    read(name) {
      const entry = entries.get(name) ?? entries.get([...entries.keys()].find((other) => other.toLowerCase() === name.toLowerCase()) ?? '');
      if (!entry) return undefined;
      const content = unpack(file, entry, name, Math.min(policy.unpackedBytes - total, Math.max(RATIO_FROM, entry.packed * policy.ratio)), policy);
      total += content.length;
      return content;
    },
  };
}

function directory(file: Buffer, policy: ParsePolicy): Map<string, Entry> {
  const end = endOf(file);
  const count = file.readUInt16LE(end + 10);
  if (count > policy.entries) throw new ParseFailure('tooLarge', `the archive holds ${count} files; at most ${policy.entries} are read`);
  const entries = new Map<string, Entry>();
  let at = file.readUInt32LE(end + 16);
  for (let entry = 0; entry < count; entry++) {
    if (at + 46 > file.length || file.readUInt32LE(at) !== DIRECTORY) throw new ParseFailure('broken', 'the archive\'s directory is damaged');
    const [nameLength, extra, comment] = [file.readUInt16LE(at + 28), file.readUInt16LE(at + 30), file.readUInt16LE(at + 32)];
    const nameEnd = at + 46 + nameLength;
    const [unpacked, packed, place] = wideFields([24, 20, 42].map((field) => file.readUInt32LE(at + field)), file.subarray(nameEnd, nameEnd + extra));
    entries.set(file.toString('utf8', at + 46, nameEnd).replaceAll('\\', '/'), {
      flags: file.readUInt16LE(at + 8), method: file.readUInt16LE(at + 10), packed, unpacked, at: place,
    });
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

/** Numbers that stand in fields of 64 bits instead, one after another as far as they do: so write programs that do not know them before. */
function wideFields(fields: readonly number[], extra: Buffer): number[] {
  let wide = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === WIDE) wide = Buffer.from(extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2)));
  }
  let next = 0;
  return fields.map((field) => {
    if (field !== 0xffffffff || next + 8 > wide.length) return field;
    next += 8;
    return Number(wide.readBigUInt64LE(next - 8));
  });
}

function endOf(file: Buffer): number {
  for (let at = file.length - 22; at >= Math.max(0, file.length - END_WITHIN); at--) {
    if (file.readUInt32LE(at) === END) return at;
  }
  throw new ParseFailure('broken', 'the archive is cut short: its directory is missing');
}

function unpack(file: Buffer, { flags, method, packed, unpacked, at }: Entry, name: string, most: number, policy: ParsePolicy): Buffer {
  if (flags % 2 === 1) throw new ParseFailure('encrypted', 'the archive is protected by a password; save the document without one');
  if (at + 30 > file.length || file.readUInt32LE(at) !== LOCAL) throw new ParseFailure('broken', `${name} is damaged`);
  const start = at + 30 + file.readUInt16LE(at + 26) + file.readUInt16LE(at + 28);
  const content = file.subarray(start, start + packed);
  if (content.length < packed) throw new ParseFailure('broken', `${name} is cut short`);
  if (unpacked > most) throw tooLarge(name, unpacked, policy);
  if (method === 0) return content;
  if (method !== 8) throw new ParseFailure('unsupported', `${name} is packed by method ${method}; save the document anew`);
  try {
    return inflateRawSync(content, { maxOutputLength: Math.max(most, 1) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name, most, policy);
    throw new ParseFailure('broken', `${name} cannot be unpacked`, { cause: error });
  }
}

function tooLarge(name: string, size: number, policy: ParsePolicy): ParseFailure {
  return new ParseFailure('tooLarge',
    `${name} unpacks to ${size} bytes or more; a document may unpack to ${policy.unpackedBytes} bytes and ${policy.ratio} times its size`);
}
