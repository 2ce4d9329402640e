import { isBinary } from './format';
import { type DocumentAbout, ParseFailure } from '../ports/parsing';

/** Names encodings that the bytes may be of, by how often they occur: the likeliest first. */
export type GuessCharset = (bytes: Uint8Array) => readonly string[];

/** As much of a document tells its encoding. */
const GUESSED_BY = 65_536;
/** In another encoding bytes look like a character of UTF-8 by chance, and less often than not. */
const RIGHT_FOR_WRONG = 8;

/** What text the bytes are: by their mark, as UTF-8 where they are that, as they declare themselves, as they look. Throws for what is no text. */
export async function decode(bytes: Uint8Array, about: DocumentAbout, guess: () => Promise<GuessCharset>): Promise<string> {
  const wide = wideEncoding(bytes);
  if (wide) return new TextDecoder(wide).decode(bytes);
  if (isBinary(bytes)) throw new ParseFailure('unsupported', 'the document is neither text nor of a format that is known');
  const declared = decoder(declaredCharset(bytes, about));
  const escapes = declared && /^iso-2022/.test(declared.encoding) && bytes.includes(27);
  if (escapes) return declared.decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    if (declared && declared.encoding !== 'utf-8') return declared.decode(bytes);
    const damaged = new TextDecoder().decode(bytes);
    if (isDamaged(damaged)) return damaged;
    const sample = bytes.subarray(0, GUESSED_BY);
    const likely = (await guess())(sample).map(decoder).find((other) => other && other.encoding !== 'utf-8' && !isWrong(other.decode(sample)));
    return (likely ?? new TextDecoder('windows-1252')).decode(bytes);
  }
}

/** Many characters of several bytes, and hardly a byte that is none: UTF-8 with some that are wrong. */
function isDamaged(text: string): boolean {
  let [right, wrong] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0xfffd) wrong++;
    else if (code > 0x7f) right++;
  }
  return right > wrong * RIGHT_FOR_WRONG;
}

/** More than the one character that the sample may cut off at its end is not of this encoding. */
function isWrong(text: string): boolean {
  return text.slice(0, -1).includes('\ufffd');
}

/** UTF-16 by its mark, or by every other byte being nought. */
export function wideEncoding(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const head = bytes.subarray(0, 512);
  if (head.length < 4) return undefined;
  const noughts = [0, 0];
  head.forEach((byte, at) => { if (byte === 0) noughts[at % 2]++; });
  if (noughts[1] > head.length * 0.4 && noughts[0] < head.length * 0.05) return 'utf-16le';
  if (noughts[0] > head.length * 0.4 && noughts[1] < head.length * 0.05) return 'utf-16be';
  return undefined;
}

/** In the type it was uploaded as, or within: HTML's meta, XML's first line. */
function declaredCharset(bytes: Uint8Array, { contentType = '' }: DocumentAbout): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 2048)).toString('latin1');
  const within = /<meta[^>]+charset\s*=\s*["']?([\w:-]+)/i.exec(head) ?? /^\s*<\?xml[^>]+encoding\s*=\s*["']([\w:-]+)/i.exec(head);
  return within?.[1] ?? /charset\s*=\s*"?([\w:-]+)/i.exec(contentType)?.[1];
}

function decoder(charset: string | undefined): TextDecoder | undefined {
  try {
    return charset === undefined ? undefined : new TextDecoder(charset);
  } catch {
    return undefined;
  }
}
