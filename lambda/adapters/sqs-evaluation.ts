import { GetQueueAttributesCommand, SendMessageBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SyncRequest } from '../../lib/contract/document-sync';
import type { MessageQueue, SyncBacklog } from '../ports/evaluation-queues';

const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'ApproximateNumberOfMessagesDelayed'] as const;
/** As many entries as one call takes. */
const MOST = 10;
/** Calls that are under way at once. */
const AT_ONCE = 5;

/**
 * The queues by which documents are kept in step, the one that takes requests first.
 *
 * @param building whether an index of our own is being built; absent where there are none. With it, what is delayed among requests is no work: whoever keeps two
 * indexes is woken by such a message for as long as both are kept.
 */
export function sqsBacklog(client: SQSClient, urls: readonly string[], building?: () => Promise<boolean>): SyncBacklog {
  return {
    async waiting() {
      const counts = await Promise.all(urls.map(async (QueueUrl, place) => {
        const { Attributes: attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] }));
        const counted = building && place === 0 ? COUNTS.filter((name) => name !== 'ApproximateNumberOfMessagesDelayed') : COUNTS;
        return counted.reduce((sum, name) => sum + Number(attributes[name] ?? 0), 0);
      }));
      return counts.reduce((sum, count) => sum + count, await building?.() ? 1 : 0);
    },

    async request() {
      await client.send(new SendMessageCommand({ QueueUrl: urls[0], MessageBody: JSON.stringify({ sync: 'all' } satisfies SyncRequest) }));
    },
  };
}

export function sqsMessages(client: SQSClient, QueueUrl: string): MessageQueue {
  const sendTogether = async (messages: readonly object[], DelaySeconds: number | undefined) => {
    const Entries = messages.map((message, at) => ({ Id: String(at), MessageBody: JSON.stringify(message), DelaySeconds }));
    const { Failed: failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    if (failed.length > 0) throw new Error(`SQS did not take ${failed.length} of ${messages.length} messages: ${failed[0].Code}`);
  };
  return {
    async send(messages, seconds) {
      const parts = Array.from({ length: Math.ceil(messages.length / MOST) }, (_, part) => messages.slice(part * MOST, (part + 1) * MOST));
      for (let from = 0; from < parts.length; from += AT_ONCE) await Promise.all(parts.slice(from, from + AT_ONCE).map((part) => sendTogether(part, seconds)));
    },
  };
}
