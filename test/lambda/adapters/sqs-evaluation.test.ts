import type { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { sqsBacklog } from '../../../lambda/adapters/sqs-evaluation';
import { isBuilding } from '../../../lambda/kit/answering-index';
import type { KnownIndex } from '../../../lib/contract/reindexing';

/** Queues in which so many messages are seen, hidden and delayed. */
function queues(counts: Readonly<Record<string, readonly [number, number, number]>>) {
  return {
    send: async ({ input: { QueueUrl = '' } }: GetQueueAttributesCommand) => {
      const [seen, hidden, delayed] = counts[QueueUrl].map(String);
      return { Attributes: { ApproximateNumberOfMessages: seen, ApproximateNumberOfMessagesNotVisible: hidden, ApproximateNumberOfMessagesDelayed: delayed } };
    },
  } as unknown as SQSClient;
}

test('whatever waits of a knowledge base is counted, for its jobs are looked at by messages that are delayed', async () => {
  expect(await sqsBacklog(queues({ jobs: [1, 2, 4], changes: [8, 16, 32] }), ['jobs', 'changes']).waiting()).toBe(63);
});

test('where two indexes are kept, the message that wakes who keeps them is no work, and an index that is built is', async () => {
  const client = queues({ jobs: [0, 0, 1], changes: [0, 0, 0] });
  expect(await sqsBacklog(client, ['jobs', 'changes'], async () => false).waiting()).toBe(0);
  expect(await sqsBacklog(client, ['jobs', 'changes'], async () => true).waiting()).toBe(1);
  expect(await sqsBacklog(queues({ jobs: [1, 2, 4], changes: [8, 16, 32] }), ['jobs', 'changes'], async () => false).waiting()).toBe(59);
});

test('an index is built as long as it is wanted, does not answer and was not refused', () => {
  const known = (own: Partial<KnownIndex>) => ({ old: {}, own }) as unknown as Record<string, KnownIndex>;
  expect(isBuilding({ known: {} })).toBe(false);
  expect(isBuilding({ answering: 'own', wanted: 'own', known: known({}) })).toBe(false);
  expect(isBuilding({ answering: 'old', wanted: 'own', known: known({ ready: true }) })).toBe(true);
  expect(isBuilding({ answering: 'old', wanted: 'own', known: known({ refused: { at: 1, reason: 'worse' } }) })).toBe(false);
});
