import { ChangeMessageVisibilityBatchCommand, GetQueueAttributesCommand, SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { ChangeQueue } from '../ports/sync-queues';

/** As many entries as one call takes. */
const MOST = 10;

/** The FIFO queue of changes. */
export function sqsChanges(client: SQSClient, QueueUrl: string): ChangeQueue {
  return {
    async send(changes) {
      for (const some of parts(changes)) {
        const Entries = some.map(({ change, id, line }, at) => ({
          Id: String(at), MessageBody: JSON.stringify(change), MessageGroupId: line, MessageDeduplicationId: id,
        }));
        const { Failed: failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
        if (failed.length > 0) throw new Error(`SQS did not take ${failed.length} of ${some.length} changes: ${failed[0].Code}`);
      }
    },

    async hide(messages) {
      for (const some of parts(messages)) {
        const Entries = some.map(({ receipt, seconds }, at) => ({ Id: String(at), ReceiptHandle: receipt, VisibilityTimeout: seconds }));
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => undefined);
      }
    },

    async waiting() {
      const { Attributes: { ApproximateNumberOfMessages = '0' } = {} } = await client.send(new GetQueueAttributesCommand({
        QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'],
      }));
      return Number(ApproximateNumberOfMessages);
    },
  };
}

function parts<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / MOST) }, (_, part) => all.slice(part * MOST, (part + 1) * MOST));
}
