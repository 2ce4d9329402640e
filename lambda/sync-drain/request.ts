import { fieldsOf } from '../kit/messages';

/** What is being deleted: a data source, or the stack with all of them. */
export type Going = { readonly knowledgeBaseId: string; readonly dataSourceId: string } | 'stack';

/** Undefined where it is something that was never made. CloudFormation calls a data source by its knowledge base and itself: `ABCDEFGHIJ|KLMNOPQRST`. */
export function parseGoing(event: unknown): Going | undefined {
  const { 'detail-type': type, detail } = fieldsOf(event);
  if (type !== 'CloudFormation Resource Status Change') return 'stack';
  const { 'physical-resource-id': name } = fieldsOf(detail);
  const [, knowledgeBaseId, dataSourceId] = /^(\w+)\|(\w+)$/.exec(String(name)) ?? [];
  return knowledgeBaseId === undefined ? undefined : { knowledgeBaseId, dataSourceId };
}
