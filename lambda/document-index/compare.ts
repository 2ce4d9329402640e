import { METADATA_ENDING } from '../../lib/contract/document-sync';
import type { DocumentState } from '../ports/document-states';
import type { ListedOriginal } from '../ports/originals';

/** A document as its bucket and the table of documents know it; the one or the other may not. */
export interface Compared {
  readonly key: string;
  readonly tag?: string;
  readonly metadataTag?: string;
  readonly known?: DocumentState;
  /** Whoever begins behind this key misses no document that comes after this one. */
  readonly resume: string;
}

/**
 * Each document once, by what its bucket lists and what is known of it, both in the order of the keys' bytes. What describes a document lies behind it and
 * before all that does not begin like it, so that documents wait for it only as long as keys begin like theirs: no list is ever in memory.
 */
export async function* compared(listed: AsyncIterable<ListedOriginal>, known: AsyncIterable<DocumentState>, after = ''): AsyncGenerator<Compared, void> {
  const states = known[Symbol.asyncIterator]();
  let next = await states.next();
  /** Each begins like the one before it. */
  const open: { key: string; tag: string; known?: DocumentState; metadataTag?: string }[] = [];
  let [resume, last] = [after, after];

  for await (const { key, tag } of listed) {
    while (open.length > 0 && !key.startsWith(open.at(-1)!.key)) yield { ...open.pop()!, resume };
    for (; !next.done && isBefore(next.value.key, key); next = await states.next()) yield { key: next.value.key, known: next.value, resume };
    if (open.length === 0) resume = last;
    last = key;
    const described = open.find((one) => one.key + METADATA_ENDING === key);
    if (described) described.metadataTag = tag;
    if (!isDocument(key)) continue;
    const own = !next.done && next.value.key === key ? next.value : undefined;
    if (own) next = await states.next();
    open.push({ key, tag, known: own });
  }
  while (open.length > 0) yield { ...open.pop()!, resume };
  for (; !next.done; next = await states.next()) yield { key: next.value.key, known: next.value, resume };
}

/** Consoles make folders visible by empty objects. */
function isDocument(key: string): boolean {
  return !key.endsWith(METADATA_ENDING) && !key.endsWith('/');
}

/** Both S3 and DynamoDB order keys by their bytes, JavaScript by its own units. */
export function isBefore(one: string, other: string): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;
}
