import { TextractClient } from '@aws-sdk/client-textract';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ParsePolicy, ScanPolicy } from '../../lib/contract/parsing';
import { textractScans } from '../adapters/textract';
import { fromTextract } from '../parse/textract';
import type { ScanReader } from '../ports/scans';

/** Reads documents that are pictures of pages. Jobs are begun by a token, so that a call may be repeated. */
export function openScanReader({ detail, pages }: ScanPolicy, { characters }: ParsePolicy): ScanReader {
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 20_000, throwOnRequestTimeout: true });
  const scans = textractScans(new TextractClient({ maxAttempts: 4, requestHandler }), detail);
  return {
    begin: (source, token) => scans.begin(source, token),
    async read(job, signal) {
      const result = await scans.result(job, signal);
      return result && fromTextract(result, { pages, characters });
    },
  };
}
