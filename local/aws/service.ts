import type { CredentialScope } from './signature';

/** One call of an AWS API, as it came in from a real SDK client. */
export interface AwsRequest {
  /** The name in the signature's credential scope: `bedrock`, `dynamodb`, `cognito-idp` … */
  readonly service: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly method: string;
  /** Path and query, still encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
}

export interface AwsReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | AsyncIterable<Buffer>;
}

/** One decision that IAM makes for a call. A call may need several: a geographic profile is one for the profile and one for each model behind it. */
export interface Authorization {
  /** As in a policy: `bedrock:InvokeModel`. */
  readonly action: string;
  readonly resource: string;
  /** Condition keys of this decision, beyond the global ones. */
  readonly context?: Readonly<Record<string, string>>;
}

/** A fake of one AWS service, as small as our templates allow; what it does not know it refuses aloud. */
export interface AwsService {
  readonly name: string;
  /** Who asks, where a request says it neither in a header nor in its address: a form, or a browser's question before a call. */
  scopeOf?(request: Pick<AwsRequest, 'method' | 'path' | 'headers' | 'body'>): CredentialScope | undefined;
  /** Whether a request is for this service, where several share a name. @default - it is */
  serves?(request: AwsRequest): boolean;
  /** What IAM must allow before `handle` is called. */
  authorizations(request: AwsRequest): Authorization[];
  handle(request: AwsRequest): Promise<AwsReply>;
}
