import { AwsReply, AwsRequest } from './service';

/** An answer that is an error, thrown from wherever it is noticed; the endpoint writes it as the caller's protocol wants it. */
export class AwsFailure extends Error {
  constructor(readonly code: string, readonly status: number, message: string) {
    super(message);
    this.name = 'AwsFailure';
  }
}

/** Thrown by a reply's body to cut the connection in the middle, as a broken network does. */
export class ConnectionCut extends Error {}

/** The same error in the four dialects that SDK clients read. */
export function failureReply(request: Pick<AwsRequest, 'service' | 'headers'>, failure: AwsFailure): AwsReply {
  const { code, status, message } = failure;
  if (request.headers['x-amz-target']) {
    // JSON-RPC services answer 400 where REST services answer 403.
    return json(status === 403 ? 400 : status, code, { __type: code, message });
  }
  if (request.service === 's3') {
    return xml(status, `<Error><Code>${short(code)}</Code><Message>${escape(message)}</Message></Error>`);
  }
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
    return xml(status, `<ErrorResponse><Error><Type>Sender</Type><Code>${short(code)}</Code><Message>${escape(message)}</Message></Error></ErrorResponse>`);
  }
  return json(status, code, { message });
}

function json(status: number, code: string, body: object): AwsReply {
  return { status, headers: { 'content-type': 'application/json', 'x-amzn-errortype': code }, body: JSON.stringify(body) };
}

function xml(status: number, body: string): AwsReply {
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

/** XML services say `AccessDenied`, JSON services `AccessDeniedException`. */
function short(code: string): string {
  return code.replace(/Exception$/, '');
}

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
