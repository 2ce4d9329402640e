import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { DiyRag, Posture } from '../lib';

/** The same pipeline where NIST 800-53, HIPAA or PCI DSS applies. */
export class DiyRagRegulatedStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const rag = new DiyRag(this, 'Rag', { posture: Posture.regulated() });
    rag.addAlarms();
    rag.addDashboard();

    new CfnOutput(this, 'Url', { value: rag.url });
    new CfnOutput(this, 'Documents', { value: rag.bucket.bucketName });
  }
}
