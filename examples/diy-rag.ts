import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { DiyRag, Splitter } from '../lib';

/** Answers from documents in a bucket, by a pipeline whose every stage is yours: put a file in, watch it go through, ask. */
export class DiyRagStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const rag = new DiyRag(this, 'Rag', {
      splitter: Splitter.structure({ tokens: 300 }),
      retrieval: { passages: 5, links: Duration.minutes(10) },
    });
    rag.addAlarms();
    rag.addDashboard();

    new CfnOutput(this, 'Url', { value: rag.url });
    new CfnOutput(this, 'Documents', { value: rag.bucket.bucketName });
  }
}
