import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { ApiAuth, ChatbotApi, ManagedRag } from '../lib';

/** A chat that answers from documents in a bucket, with citations, in the protocols that chat clients speak. */
export class GroundedChatStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const rag = new ManagedRag(this, 'Rag', { retrieval: { links: Duration.minutes(10) } });
    const chat = new ChatbotApi(this, 'Chat', {
      systemPrompt: 'You help the staff of ACME. Answer briefly.',
      knowledge: rag,
      auth: ApiAuth.cognito(rag.userPool),
    });

    new CfnOutput(this, 'Url', { value: chat.url });
    new CfnOutput(this, 'Documents', { value: rag.bucket!.bucketName });
  }
}
