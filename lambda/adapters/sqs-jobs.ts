import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { JobQueue } from '../ports/sync-queues';

/** The standard queue of jobs. */
export function sqsJobs(client: SQSClient, QueueUrl: string): JobQueue {
  return {
    async send(message, seconds) {
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message), DelaySeconds: seconds }));
    },
  };
}
