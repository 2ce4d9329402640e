/** What a SigV4 signature says of its request. The signature itself is not verified: the endpoint listens on loopback only. */
export interface CredentialScope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

/** Reads the credential scope from the `Authorization` header, or from the query of a presigned URL. */
export function credentialScope(headers: Readonly<Record<string, string>>, path: string): CredentialScope | undefined {
  const header = /^AWS4-HMAC-SHA256 .*?Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  const credential = header ?? new URL(path, 'http://localhost').searchParams.get('X-Amz-Credential');
  if (!credential) return undefined;
  const [accessKeyId, , region, service, terminator] = credential.split('/');
  return terminator === 'aws4_request' ? { accessKeyId, region, service } : undefined;
}
