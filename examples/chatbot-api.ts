import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { ChatbotApi } from '../lib';

/** The smallest chat: a default model, a prompt, users in Cognito. */
export class ChatbotApiStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const chat = new ChatbotApi(this, 'Chat', {
      systemPrompt: 'You are a friendly assistant. Answer in the language of the question, briefly.',
    });
    chat.addAlarms();
    chat.addDashboard();

    new CfnOutput(this, 'Url', { value: chat.url });
  }
}
