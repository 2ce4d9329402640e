import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { ChatbotApi, Posture } from '../lib';

/** The same chat where NIST 800-53, HIPAA or PCI DSS applies. */
export class ChatbotApiRegulatedStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const chat = new ChatbotApi(this, 'Chat', {
      systemPrompt: 'You are a friendly assistant. Answer in the language of the question, briefly.',
      posture: Posture.regulated(),
    });
    chat.addAlarms();
    chat.addDashboard();

    new CfnOutput(this, 'Url', { value: chat.url });
  }
}
