import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { ManagedRag } from '../lib';

/** Answers from documents in a bucket, with citations: put a file in, ask a minute later. */
export class ManagedRagStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const rag = new ManagedRag(this, 'Rag');
    rag.addAlarms();
    rag.addDashboard();

    new CfnOutput(this, 'Url', { value: rag.url });
    new CfnOutput(this, 'Documents', { value: rag.bucket!.bucketName });
  }
}
