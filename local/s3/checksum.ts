import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { s3Failure } from './failure';

/** Checksums that this S3 can compute; of the others it says so. */
const COMPUTED: Readonly<Record<string, (content: Buffer) => string>> = {
  'x-amz-checksum-crc32': (content) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(content));
    return sum.toString('base64');
  },
  'x-amz-checksum-sha1': (content) => createHash('sha1').update(content).digest('base64'),
  'x-amz-checksum-sha256': (content) => createHash('sha256').update(content).digest('base64'),
  'content-md5': (content) => createHash('md5').update(content).digest('base64'),
};

/** Holds content to every checksum that was sent with it, and gives back those that are kept. */
export function checked(content: Buffer, headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name !== 'content-md5' && (!/^x-amz-checksum-/.test(name) || name === 'x-amz-checksum-mode' || name === 'x-amz-checksum-algorithm')) continue;
    const compute = COMPUTED[name];
    if (!compute) throw s3Failure('NotImplemented', `the local S3 does not know the checksum '${name}'`);
    if (compute(content) !== value) throw s3Failure('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
    if (name !== 'content-md5') kept[name] = value;
  }
  return kept;
}
