import { Duration, Size } from 'aws-cdk-lib';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type SyncQueues } from './sync-queues';
import { stackEvents } from './sync-triggers';
import { DRAIN_SECONDS, type SyncDrainEnv } from '../contract/document-sync';
import { BundledFunction } from '../internal/bundled-function';
import { EventRule } from '../internal/event-rule';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';

export interface SyncDrainProps extends Build {
  readonly queues: SyncQueues;
  readonly knowledgeBase: CfnKnowledgeBase;
  readonly service: string;
}

/** Ends the jobs of a stack that is deleted: a data source with a running job refuses to go. */
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
      reservedConcurrency: posture.reservedConcurrency && 1,
      place: (placed) => posture.placeFunction(placed, [CalledService.BEDROCK_AGENT, CalledService.XRAY]),
    });
    handler.role.addToPrincipalPolicy(new PolicyStatement({
      actions: ['bedrock:ListDataSources', 'bedrock:ListIngestionJobs', 'bedrock:StopIngestionJob', 'bedrock:GetIngestionJob'],
      resources: [knowledgeBase.attrKnowledgeBaseArn],
    }));
    handler.configure({ KNOWLEDGE_BASE_ID: knowledgeBase.attrKnowledgeBaseId, SERVICE: service });
    new EventRule(this, 'Rule', stackEvents('DELETE_IN_PROGRESS'), queues.lost).call(handler.function);
  }
}
