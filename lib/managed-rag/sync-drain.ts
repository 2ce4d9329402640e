import { Duration, Size, Stack } from 'aws-cdk-lib';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { DRAIN_SECONDS, type SyncDrainEnv } from '../contract/document-sync';
import { BundledFunction } from '../internal/bundled-function';
import { EventRule } from '../internal/event-rule';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';
import { type SyncQueues } from '../rag/sync-queues';
import { stackEvents } from '../rag/sync-triggers';

export interface SyncDrainProps extends Build {
  readonly queues: SyncQueues;
  readonly knowledgeBase: CfnKnowledgeBase;
  readonly service: string;
}

/**
 * Ends the jobs of what is deleted: a data source with a running job refuses to go. That is all of them when the stack goes, and each that an update
 * takes away, or another the place of.
 */
export class SyncDrain extends Construct {
  constructor(scope: Construct, id: string, { queues, knowledgeBase, service, posture, logRetention, encryptionKey }: SyncDrainProps) {
    super(scope, id);
    const handler = new BundledFunction<SyncDrainEnv>(this, 'Handler', {
      bundle: 'sync-drain',
      description: 'Ends the jobs of a knowledge base that is deleted',
      timeout: Duration.seconds(DRAIN_SECONDS),
      memory: Size.mebibytes(256),
      logRetention,
      encryptionKey,
      deadLetters: queues.lost,
      // For the stack, and for a source of it.
      reservedConcurrency: posture.reservedConcurrency && 2,
      place: (placed) => posture.placeFunction(placed, [CalledService.BEDROCK_AGENT, CalledService.XRAY]),
    });
    handler.role.grantUntilReplaced('Jobs', () => handler.role.addToPrincipalPolicy(new PolicyStatement({
      actions: ['bedrock:ListDataSources', 'bedrock:ListIngestionJobs', 'bedrock:StopIngestionJob', 'bedrock:GetIngestionJob'],
      resources: [knowledgeBase.attrKnowledgeBaseArn],
    })), () => knowledgeBase.name);
    handler.configure({ KNOWLEDGE_BASE_ID: knowledgeBase.attrKnowledgeBaseId, SERVICE: service });
    new EventRule(this, 'Rule', deletions(knowledgeBase), queues.lost).call(handler.function);
  }
}

/** The stack's own deletion, and that of each of the knowledge base's sources, under whatever logical id it has or had. */
function deletions(knowledgeBase: CfnKnowledgeBase) {
  const { source, detailType: [ofStack], detail } = stackEvents('DELETE_IN_PROGRESS');
  const sources = Stack.of(knowledgeBase).getLogicalId(knowledgeBase).replace(/[0-9A-F]{8}$/, 'Source');
  return {
    source,
    detailType: [ofStack, 'CloudFormation Resource Status Change'],
    detail: {
      ...detail,
      $or: [{ 'resource-type': [{ exists: false }] }, { 'resource-type': ['AWS::Bedrock::DataSource'], 'logical-resource-id': [{ prefix: sources }] }],
    },
  };
}
