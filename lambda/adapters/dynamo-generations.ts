import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { generationKey } from './answer-keys';
import { GENERATION_SHARDS } from '../../lib/contract/answer-cache';
import type { Generations } from '../ports/answers';
import type { Clock } from '../ports/clock';

/** Generations of an index in the table of answers. */
export function dynamoGenerations(client: DynamoDBDocumentClient, TableName: string, clock: Pick<Clock, 'now' | 'chance'>): Generations {
  return {
    async raise(tenants) {
      await Promise.all([...new Set(tenants)].map((tenant) => {
        const key = generationKey(tenant, Math.floor(clock.chance() * GENERATION_SHARDS) % GENERATION_SHARDS);
        return client.send(new PutCommand({ TableName, Item: { ...key, generation: randomUUID(), changedAt: clock.now() } }));
      }));
    },
  };
}
