import { s3Failure } from './failure';

export interface Payload {
  readonly content: Buffer;
  /** Headers that came after the content. */
  readonly trailers: Readonly<Record<string, string>>;
}

const LINE = Buffer.from('\r\n');

/** The content of a request: as it is, or out of the chunks in which SDK clients send a stream. */
export function payloadOf(body: Buffer, headers: Readonly<Record<string, string>>): Payload {
  if (!headers['x-amz-content-sha256']?.startsWith('STREAMING-') && !encodings(headers).includes('aws-chunked')) return { content: body, trailers: {} };
  const payload = unchunked(body);
  const length = headers['x-amz-decoded-content-length'];
  if (length !== undefined && payload.content.length !== Number(length)) throw s3Failure('IncompleteBody', 'The request body is not as long as x-amz-decoded-content-length says.');
  for (const name of (headers['x-amz-trailer'] ?? '').split(',').map((trailer) => trailer.trim()).filter(Boolean)) {
    if (payload.trailers[name] === undefined) throw s3Failure('InvalidRequest', `The trailer '${name}' was announced and did not come.`);
  }
  return payload;
}

/** What the content is encoded in once it is out of its chunks; undefined for nothing. */
export function contentEncoding(headers: Readonly<Record<string, string>>): string | undefined {
  return encodings(headers).filter((encoding) => encoding !== 'aws-chunked').join(', ') || undefined;
}

function encodings(headers: Readonly<Record<string, string>>): string[] {
  return (headers['content-encoding'] ?? '').split(',').map((encoding) => encoding.trim()).filter(Boolean);
}

/** `<size in hex>;<extensions>`, the chunk, and so on; after a chunk of nothing the trailers. */
function unchunked(body: Buffer): Payload {
  const chunks: Buffer[] = [];
  let at = 0;
  const line = () => {
    const end = body.indexOf(LINE, at);
    if (end < 0) throw s3Failure('IncompleteBody', 'The chunked body ends in the middle of a line.');
    const text = body.toString('latin1', at, end);
    at = end + LINE.length;
    return text;
  };

  for (;;) {
    const size = Number.parseInt(line(), 16);
    if (Number.isNaN(size)) throw s3Failure('InvalidRequest', 'A chunk must begin with its size.');
    if (size === 0) break;
    if (at + size + LINE.length > body.length) throw s3Failure('IncompleteBody', 'The chunked body ends in the middle of a chunk.');
    chunks.push(body.subarray(at, at + size));
    at += size + LINE.length;
  }
  const trailers: Record<string, string> = {};
  for (let text = at < body.length ? line() : ''; text !== ''; text = at < body.length ? line() : '') {
    const colon = text.indexOf(':');
    trailers[text.slice(0, colon).toLowerCase()] = text.slice(colon + 1).trim();
  }
  return { content: Buffer.concat(chunks), trailers };
}
