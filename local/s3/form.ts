import { s3Failure } from './failure';

/** A form as browsers send it: fields by lower-case name, the file last. */
export interface Form {
  readonly fields: Readonly<Record<string, string>>;
  readonly file: Buffer;
  readonly filename: string;
}

export function isForm(headers: Readonly<Record<string, string>>): boolean {
  return /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}

export function parseForm(body: Buffer, headers: Readonly<Record<string, string>>): Form {
  const boundary = /boundary="?([^";]+)"?/i.exec(headers['content-type'] ?? '')?.[1];
  if (!boundary) throw s3Failure('MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.');
  const fields: Record<string, string> = {};
  for (const { head, content } of parts(body, boundary)) {
    const name = /\bname="([^"]*)"/i.exec(head)?.[1] ?? '';
    if (name.toLowerCase() !== 'file') fields[name.toLowerCase()] = content.toString();
    // What follows the file is passed over.
    else return { fields, file: content, filename: /\bfilename="([^"]*)"/i.exec(head)?.[1] ?? '' };
  }
  throw s3Failure('InvalidArgument', 'POST requires exactly one file upload per request.');
}

function* parts(body: Buffer, boundary: string): Generator<{ head: string; content: Buffer }> {
  const delimiter = Buffer.from(`--${boundary}`);
  const next = Buffer.from(`\r\n--${boundary}`);
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length + 2;
    const headEnd = body.indexOf('\r\n\r\n', start);
    if (headEnd < 0) return;
    const end = body.indexOf(next, headEnd + 2);
    if (end < 0) throw s3Failure('MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.');
    yield { head: body.toString('utf8', start, headEnd), content: body.subarray(headEnd + 4, Math.max(end, headEnd + 4)) };
    at = end + 2;
  }
}
