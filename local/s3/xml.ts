import { s3Failure } from './failure';
import type { LocalObject } from './store';

/** One page of a listing, as ListObjectsV2 asks for it. */
export function listing(bucket: string, found: readonly [string, LocalObject][], query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const most = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
  const after = token(query.get('continuation-token')) ?? query.get('start-after') ?? '';
  const encode = query.get('encoding-type') === 'url' ? (text: string) => encodeURIComponent(text).replaceAll('%2F', '/') : escapeXml;

  const lines = new Map<string, string>();
  for (const [key, object] of found) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const group = end < 0 ? undefined : key.slice(0, end + delimiter.length);
    if (Buffer.compare(Buffer.from(group ?? key), Buffer.from(after)) <= 0) continue;
    if (group !== undefined) lines.set(group, `<CommonPrefixes><Prefix>${encode(group)}</Prefix></CommonPrefixes>`);
    else lines.set(key, `<Contents><Key>${encode(key)}</Key><LastModified>${object.modified.toISOString()}</LastModified><ETag>${escapeXml(object.etag)}</ETag><Size>${object.content.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`);
  }
  const page = [...lines].slice(0, most);
  const truncated = lines.size > page.length;
  return document('ListBucketResult', [
    `<Name>${bucket}</Name><Prefix>${encode(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${most}</MaxKeys><IsTruncated>${truncated}</IsTruncated>`,
    ...(query.get('encoding-type') === 'url' ? ['<EncodingType>url</EncodingType>'] : []),
    ...(truncated ? [`<NextContinuationToken>${Buffer.from(page[page.length - 1][0]).toString('base64')}</NextContinuationToken>`] : []),
    ...page.map(([, line]) => line),
  ]);
}

/** The keys that a DeleteObjects request names. */
export function keysToDelete(body: Buffer): { keys: string[]; quiet: boolean } {
  const xml = body.toString();
  const keys = [...xml.matchAll(/<Object>\s*<Key>([^<]*)<\/Key>/g)].map(([, key]) => unescapeXml(key));
  if (keys.length === 0 || keys.length > 1000) throw s3Failure('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
  return { keys, quiet: /<Quiet>true<\/Quiet>/.test(xml) };
}

export function deleted(keys: readonly string[], quiet: boolean): string {
  return document('DeleteResult', quiet ? [] : keys.map((key) => `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`));
}

function document(name: string, content: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content.join('')}</${name}>`;
}

function token(value: string | null): string | undefined {
  return value === null ? undefined : Buffer.from(value, 'base64').toString();
}

const ENTITIES: readonly (readonly [string, string])[] = [['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'], ['"', '&quot;'], ['\'', '&apos;'], ['\r', '&#13;'], ['\n', '&#10;']];

function escapeXml(text: string): string {
  return ENTITIES.reduce((escaped, [character, entity]) => escaped.replaceAll(character, entity), text);
}

function unescapeXml(text: string): string {
  const known = new Map(ENTITIES.map(([character, entity]) => [entity, character]));
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|\w+);/gi, (entity, hex?: string, decimal?: string) =>
    known.get(entity) ?? (hex || decimal ? String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)) : entity));
}
