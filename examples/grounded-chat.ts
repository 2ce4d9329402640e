import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { ChatbotApi, ManagedRag, RagApi } from '../lib';

/** A chat that answers from documents in a bucket, with citations, in the protocols that chat clients speak. */
export class GroundedChatStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    // Whoever asks, asks the chat: the documents need no API of their own.
    const rag = new ManagedRag(this, 'Rag', { api: RagApi.none(), retrieval: { links: Duration.minutes(10) } });
    const chat = new ChatbotApi(this, 'Chat', {
      systemPrompt: 'You help the staff of ACME. Answer briefly.',
      knowledge: rag,
    });

    new CfnOutput(this, 'Url', { value: chat.url });
    new CfnOutput(this, 'Documents', { value: rag.bucket!.bucketName });
  }
}
