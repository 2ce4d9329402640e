import { createHash } from 'node:crypto';
import { s3Failure } from './failure';

export interface LocalObject {
  readonly content: Buffer;
  readonly etag: string;
  readonly modified: Date;
  /** Headers that are given back as they came: content type, encoding, metadata, checksums. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What must hold of the object that is there already. */
export interface Condition {
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
}

/** An object that was written, or deleted where it says nothing of one. */
export interface ObjectChange {
  readonly bucket: string;
  readonly key: string;
  readonly object?: LocalObject;
  readonly operation: 'Put' | 'Post' | 'Delete';
  readonly at: Date;
}

/** Buckets in memory; one version of each object. */
export class Buckets {
  private readonly buckets = new Map<string, Map<string, LocalObject>>();
  private readonly listeners: ((change: ObjectChange) => void)[] = [];

  /** Tells of every change from now on, after it has happened. */
  onChange(listener: (change: ObjectChange) => void): void {
    this.listeners.push(listener);
  }

  create(name: string): void {
    this.buckets.set(name, new Map());
  }

  has(bucket: string): boolean {
    return this.buckets.has(bucket);
  }

  find(bucket: string, key: string): LocalObject | undefined {
    return this.bucket(bucket).get(key);
  }

  put(bucket: string, key: string, content: Buffer, headers: LocalObject['headers'], condition: Condition = {}, operation: 'Put' | 'Post' = 'Put'): LocalObject {
    const objects = this.bucket(bucket);
    requireHeld(objects.get(key), condition);
    if (key === '' || Buffer.byteLength(key) > 1024) throw s3Failure('InvalidArgument', 'A key must have 1 to 1024 bytes.');
    const object = { content, headers, etag: `"${createHash('md5').update(content).digest('hex')}"`, modified: new Date() };
    objects.set(key, object);
    this.tell({ bucket, key, object, operation, at: object.modified });
    return object;
  }

  delete(bucket: string, key: string): void {
    // A key that is not there is deleted without a word.
    if (this.bucket(bucket).delete(key)) this.tell({ bucket, key, operation: 'Delete', at: new Date() });
  }

  /** Keys and objects in the order of the keys' bytes. */
  list(bucket: string, prefix: string): [string, LocalObject][] {
    const found = [...this.bucket(bucket)].filter(([key]) => key.startsWith(prefix));
    return found.sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  }

  private tell(change: ObjectChange): void {
    for (const listener of this.listeners) listener(change);
  }

  private bucket(name: string): Map<string, LocalObject> {
    const bucket = this.buckets.get(name);
    if (!bucket) throw s3Failure('NoSuchBucket', `The specified bucket does not exist: ${name}`);
    return bucket;
  }
}

function requireHeld(object: LocalObject | undefined, { ifMatch, ifNoneMatch }: Condition): void {
  if (ifNoneMatch !== undefined && object && (ifNoneMatch === '*' || ifNoneMatch === object.etag)) {
    throw s3Failure('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
  }
  if (ifMatch === undefined) return;
  if (!object) throw s3Failure('NoSuchKey', 'The specified key does not exist.');
  if (ifMatch !== '*' && ifMatch !== object.etag) throw s3Failure('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
}
