import { fieldsOf } from '../kit/messages';

/** A change of an object, as S3 tells of it by way of EventBridge. */
export interface ObjectChange {
  readonly bucket: string;
  readonly key: string;
  /** Orders the changes of a key; the same however often one of them is told. */
  readonly sequencer: string;
  /** Milliseconds since 1970, to the second. */
  readonly at: number;
}

/** Keys are as they are in the bucket: EventBridge does not write them as forms do, as S3's own notifications. */
export function parseEvent(event: unknown): ObjectChange {
  const { 'detail-type': type, id, time, detail } = fieldsOf(event);
  if (type !== 'Object Created' && type !== 'Object Deleted') {
    throw new Error(`'detail-type' must be 'Object Created' or 'Object Deleted', got ${JSON.stringify(type)}: the rule of the bucket sends what it should not`);
  }
  const { bucket, object } = fieldsOf(detail);
  const { name } = fieldsOf(bucket);
  const { key, sequencer = id } = fieldsOf(object);
  if (typeof name !== 'string' || typeof key !== 'string') throw new Error('\'detail\' must name a bucket and the key of an object');
  if (typeof sequencer !== 'string') throw new Error('\'detail.object.sequencer\' or \'id\' must be a text');
  const at = Date.parse(String(time));
  if (Number.isNaN(at)) throw new Error('\'time\' must be a time as ISO 8601 writes it');
  return { bucket: name, key, sequencer, at };
}
